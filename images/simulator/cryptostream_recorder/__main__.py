import typer

from cryptostream_recorder.command import record, replay

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command()(record)
app.command()(replay)
app(prog_name="cryptostream_recorder")
