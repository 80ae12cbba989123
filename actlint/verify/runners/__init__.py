"""Scripts that run one side of a proof in their own interpreter.

They need neither actlint nor anything beside the standard library, numpy and the framework of their side.
"""
