"""Where a run's trades come from, and what the simulated market of a run holds."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_demo.market import affordable_history, cold_baseline, opening_events, simulated_market
from cryptostream_demo.source import SourceError, parse_source
from cryptostream_simulator.events import parse_event

PUBLISHED = {"price_spike": (4, 30), "volume_surge": (3, 20), "volatility_burst": (3, 12)}


def test_the_simulator_and_the_exchanges_are_known_by_name() -> None:
    assert parse_source("simulator").is_simulated
    assert parse_source("binance").kind == parse_source("coinbase").kind == "live"
    assert not parse_source("coinbase").is_simulated


def test_a_file_is_a_recording_whose_header_tells_the_exchange(tmp_path: Path) -> None:
    recording = tmp_path / "feed.ndjson.gz"
    recording.write_bytes(b"")
    source = parse_source(str(recording))
    assert (source.kind, source.exchange, source.recording) == ("recording", None, recording)
    assert source.is_simulated


def test_anything_else_is_refused_with_what_there_is() -> None:
    with pytest.raises(SourceError, match="'kraken' is neither simulator, binance, coinbase nor a file"):
        parse_source("kraken")


def test_a_rate_is_shared_out_in_proportion() -> None:
    market = simulated_market("BTCUSDT:30,ETHUSDT:10", 1000)
    assert market.rates == (750, 250)
    assert market.as_setting() == "BTCUSDT:750,ETHUSDT:250"


def test_an_unknown_form_of_symbol_is_refused() -> None:
    with pytest.raises(ValueError, match="btcusdt"):
        simulated_market("btcusdt", None)


@given(st.integers(1, 20))
def test_opening_events_are_of_published_sizes_and_of_symbols_that_are_traded(count: int) -> None:
    symbols = tuple(f"COIN{number}USDT" for number in range(count))
    for text in opening_events(symbols):
        event = parse_event(text)
        smallest, largest = PUBLISHED[event.type]
        assert smallest <= event.size <= largest
        assert event.symbol in symbols


@given(st.floats(0.001, 100_000))
def test_history_warms_the_baselines_unless_that_is_too_many_trades(rate: float) -> None:
    history = affordable_history(rate)
    assert timedelta(minutes=1) <= history <= timedelta(minutes=35)
    assert history == timedelta(minutes=1) or history.total_seconds() * rate <= 130_000


def test_a_history_that_leaves_the_baselines_cold_is_told() -> None:
    assert cold_baseline(timedelta(minutes=32)) is None
    said = cold_baseline(timedelta(minutes=31))
    assert said == "the history of 31 min is too short for alerts: the detectors' baselines are warm after 32 min"
