"""The detectors that exist, in a fixed order."""

from cryptostream_job.detectors.base import Detector
from cryptostream_job.detectors.evidence.price_jump import price_jump
from cryptostream_job.detectors.evidence.pump_start import pump_start
from cryptostream_job.detectors.evidence.range_burst import range_burst
from cryptostream_job.detectors.evidence.trade_surge import trade_surge
from cryptostream_job.detectors.price_spike import price_spike
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.detectors.volatility_burst import volatility_burst
from cryptostream_job.detectors.volume_surge import volume_surge
from cryptostream_job.model import Geometry
from cryptostream_model.streams import StreamName


def build_detectors(settings: DetectorSettings, geometry: Geometry, stream: StreamName | str) -> list[Detector]:
    """The enabled detectors of a stream (``namespace/name``), each usable for any number of symbols."""
    name = str(stream)
    built: list[tuple[bool, Detector]] = [
        (settings.price_spike.enabled, price_spike(settings.price_spike, geometry, name)),
        (settings.volume_surge.enabled, volume_surge(settings.volume_surge, name)),
        (settings.volatility_burst.enabled, volatility_burst(settings.volatility_burst, geometry, name)),
        (settings.price_jump.enabled, price_jump(settings.price_jump, geometry, name)),
        (settings.trade_surge.enabled, trade_surge(settings.trade_surge, geometry, name)),
        (settings.pump_start.enabled, pump_start(settings.pump_start, geometry, name)),
        (settings.range_burst.enabled, range_burst(settings.range_burst, geometry, name)),
    ]
    return [detector for enabled, detector in built if enabled]
