import click


@click.command()
def fix() -> int:
    raise click.ClickException("not there yet")
