"""What docstrings say about parameters that a function loses."""

from __future__ import annotations

import libcst as cst
import pytest

from actlint.migrate.docstrings import documented

FORMS = {
    "fields": (
        '''
    """Draw a grid.
    :param sess: the session,
                 open
    :type sess: tf.Session
    :param op: what is run
    :return: None
    """''',
        '''
    """Draw a grid.
    :param op: what is run
    :return: None
    """''',
    ),
    "section": (
        '''
    """Draw a grid.

    Args:
        sess: the session that runs
            what is drawn
        op (Tensor): what is run in sess: everything

    Returns:
        Nothing.
    """''',
        '''
    """Draw a grid.

    Args:
        op (Tensor): what is run in sess: everything

    Returns:
        Nothing.
    """''',
    ),
    "only entry": (
        '''
    """Draw a grid.

    Args:
        sess: the session

    Returns:
        Nothing.
    """''',
        '''
    """Draw a grid.

    Returns:
        Nothing.
    """''',
    ),
    "bullets": (
        """
    '''Draw a grid.
      Args:
        - sess: the session
        - op: what is run
    '''""",
        """
    '''Draw a grid.
      Args:
        - op: what is run
    '''""",
    ),
    "numpy": (
        '''
    """Draw a grid.

    Parameters
    ----------
    sess : tf.Session
        The session.
    op : Tensor
        What is run.
    """''',
        '''
    """Draw a grid.

    Parameters
    ----------
    op : Tensor
        What is run.
    """''',
    ),
    "prose": ('\n    """Draw with sess: it is open."""', '\n    """Draw with sess: it is open."""'),
    "no section": ('\n    """Draw.\n\n    sess: open\n    """', '\n    """Draw.\n\n    sess: open\n    """'),
}


@pytest.mark.parametrize("name", FORMS)
def test_entries_go_with_their_parameters(name: str) -> None:
    before, after = FORMS[name]
    module = cst.parse_module(f"def draw(op):{before}\n    return op\n")
    node = cst.ensure_type(module.body[0], cst.FunctionDef)
    assert module.with_changes(body=[documented(node, ["sess"])]).code == f"def draw(op):{after}\n    return op\n"
