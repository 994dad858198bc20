"""Recordings as tapes: one file a form they may have, columns and the tape that serves them."""

from cryptostream_simulator.recorded.errors import RecordingError
from cryptostream_simulator.recorded.looped import LoopedTape
from cryptostream_simulator.recorded.reading import read_recording, shifted
from cryptostream_simulator.recorded.recording import Recording, read_header
from cryptostream_simulator.recorded.tape import RecordedTape

__all__ = ["LoopedTape", "RecordedTape", "Recording", "RecordingError", "read_header", "read_recording", "shifted"]
