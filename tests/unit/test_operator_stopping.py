"""Being stopped at any moment, also while Kopf still asks which kinds there are."""

import asyncio
import logging
from typing import Any

import kopf
import pytest
from kopf._cogs.clients import scanning

from cryptostream_operator.handlers.lifecycle import cancel_scans


async def _never(*_: Any, **__: Any) -> Any:
    await asyncio.Event().wait()


def test_requests_of_an_unfinished_scan_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning.api, "get", _never)

    async def stopped_amid_a_scan() -> None:
        before = asyncio.all_tasks()
        settings, logger = kopf.OperatorSettings(), logging.getLogger(__name__)
        scan = asyncio.create_task(scanning.scan_resources(settings=settings, logger=logger, groups={"", "apps"}))
        other = asyncio.create_task(_never())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        # So does Kopf end the scan: what it had begun goes on.
        scan.cancel()
        await asyncio.wait([scan])
        assert asyncio.all_tasks() - before > {other}
        cancel_scans()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() - before == {other}
        other.cancel()

    asyncio.run(asyncio.wait_for(stopped_amid_a_scan(), timeout=10))
