"""Which ids are in the recording, which are missing and asked of REST: the producer's own order of ids."""

import threading
from collections.abc import Callable
from time import monotonic

from cryptostream_model.records import Gap, Record, Trade
from cryptostream_producer.inbox import Inbox
from cryptostream_producer.needs import Answer, FindStart, Need, Page, StartFound
from cryptostream_producer.symbol_book import SymbolBook
from cryptostream_recorder.account import UNANSWERED, Account

_IDLE_SECONDS = 0.25


class Bookkeeping:
    """A thread of its own; ends when it is told to finish and nothing is missing any more, or at once."""

    def __init__(self, inbox: Inbox, book: SymbolBook, account: Account, on_first: Callable[[str, int], None]) -> None:
        """``on_first`` is told each symbol's first id."""
        self._inbox = inbox
        self._book = book
        self._account = account
        self._on_first = on_first
        self._finishing = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bookkeeping", daemon=True)
        self.failure: Exception | None = None
        book.restart({})

    def start(self) -> None:
        self._thread.start()

    def open_gaps(self) -> int:
        """Symbols of which ids are missing now."""
        return sum(not sequencer.settled for sequencer in self._book.sequencers())

    def finished(self, patience: float) -> bool:
        """Whether it has ended within ``patience`` seconds because nothing is missing any more."""
        self._finishing.set()
        self._inbox.wake()
        self._thread.join(patience)
        return not self._thread.is_alive()

    def end(self) -> None:
        """End at once; what is missing then is accounted as such."""
        self._ending.set()
        self._inbox.wake()
        if self._thread.ident is not None:
            self._thread.join(5.0)

    def _run(self) -> None:
        try:
            while not self._ending.is_set():
                self._book.ask_due()
                item = self._inbox.take(monotonic() + self._book.until_due(_IDLE_SECONDS))
                if item is not None:
                    records = self._book.trade(*item) if isinstance(item, tuple) else self._book.event(item)
                    for record in records:
                        self._add(record)
                elif self._finishing.is_set() and not self.open_gaps():
                    break
            self._account_missing()
        except Exception as error:  # noqa: BLE001 - whatever ends this thread must end the recording
            self.failure = error

    def _add(self, record: Record) -> None:
        account = self._account.symbols[record.symbol]
        if account.first_id is None and isinstance(record, Trade):
            self._on_first(record.symbol, record.id)
        account.add(record)

    def _account_missing(self) -> None:
        """What REST has not answered counts as missing; what the stream had told beyond it is in the recording."""
        for sequencer in self._book.sequencers():
            account = self._account.symbols[sequencer.symbol]
            while not sequencer.settled and (need := sequencer.need()) is not None:
                for record in sequencer.answered(need, _nothing(need)):
                    if isinstance(record, Gap):
                        account.lack(record.from_id, record.to_id, UNANSWERED)
                    else:
                        self._add(record)


def _nothing(need: Need) -> Answer:
    """The answer of an exchange that has none of the ids."""
    if isinstance(need, FindStart):
        return StartFound(None)
    return Page(need.from_id, need.to_id or need.from_id, (), frozenset(), at_newest=False)
