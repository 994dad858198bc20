from cryptostream_simulator.command import app

app(prog_name="cryptostream_simulator")
