"""Sessions as they happen: an event comes, what comes next goes out."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segue.data.units import UNKNOWN
from segue.data.vocabulary import Tokens
from segue.data.wording import shorten
from segue.errors import DataError
from segue.tasks.recommend.answers import best
from segue.tasks.recommend.model import RecommendModel
from segue.tasks.recommend.settings import RecommendPredict, RecommendSettings

_BESIDE = 10  # times the sessions with a state, of which the last events are kept


Kept = tuple[Any, NDArray[np.float32]]
"""The state of a session, and the features behind its last event."""


class Live:
    """A recommender that keeps the state of many sessions, the last used ones.

    The state of a session that was put away is made again of its last events; one that nothing is
    kept of begins anew.

    Args:
        model: in eval mode.
        items: what it knows.
        settings: of the training.
        asked: how many items to recommend, and how many sessions to keep.
    """

    def __init__(
        self,
        model: RecommendModel,
        items: Tokens,
        settings: RecommendSettings,
        asked: RecommendPredict,
    ) -> None:
        self.model, self.items, self.asked = model, items, asked
        self.skip_seen, self.drop_repeats = settings.skip_seen, settings.drop_repeats
        self.column = settings.session or settings.user
        self.item = settings.item
        self.lines = 0
        self.stream = model.layers.stream()
        self.vectors = model.embed.weight.detach().numpy()
        self.begun = self.stream.state
        self.states: OrderedDict[str, Kept] = OrderedDict()
        self.events: OrderedDict[str, list[int]] = OrderedDict()

    def __call__(self, line: str) -> str:
        """What is recommended behind the event, or the session, that a line has.

        Raises:
            DataError: the line is none.
        """
        self.lines += 1
        if self.item is None:  # a line is a session
            self.states.clear()
            self.events.clear()
            taken = line.split()
            for item in taken[:-1]:
                self.take("", item)
            return self._said(None, self.take("", taken[-1])) if taken else self._said(None, [])
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            raise self._error("is no JSON object, such as " + self._example())
        missing = [name for name in (self.column, self.item) if event.get(str(name)) in (None, "")]
        if missing:
            raise self._error(f"has no {shorten(str(missing[0]))}; write such as {self._example()}")
        session = str(event[str(self.column)])
        return self._said(session, self.take(session, str(event[self.item])))

    @torch.inference_mode()
    def take(self, session: str, item: str) -> list[dict[str, Any]]:
        """Go on in a session by an item, and recommend; an unknown item changes nothing."""
        kept, events = self.states.pop(session, None), self.events.pop(session, [])
        if kept is None:
            kept = self._again(events)
        number = self.items.index.get(item, UNKNOWN)
        if number != UNKNOWN and not (self.drop_repeats and events[-1:] == [number]):
            events.append(number)
            self.stream.state = kept[0]
            after = self.stream.step(self.vectors[number])
            kept = (self.stream.state, after)
        self.states[session], self.events[session] = kept, events[-self.asked.events :]
        if len(self.states) > self.asked.sessions:
            self.states.popitem(last=False)
        if len(self.events) > _BESIDE * self.asked.sessions:
            self.events.popitem(last=False)
        scores = self.model.scores(torch.from_numpy(kept[1]))
        seen = np.array(events if self.skip_seen else [], np.int64)
        return best(scores, self.items, self.asked.k, seen)

    def _again(self, events: list[int]) -> Kept:
        """What is kept of a session with these events, which may be none."""
        self.stream.state = self.begun
        if not events:
            return self.begun, np.zeros(self.model.config.hidden, np.float32)
        features = self.stream.run(self.vectors[events])[-1]
        return self.stream.state, features

    def _said(self, session: str | None, items: list[dict[str, Any]]) -> str:
        head = {} if session is None else {"session": session}
        return json.dumps({**head, "items": items}, ensure_ascii=False)

    def _example(self) -> str:
        return json.dumps({str(self.column): "v1", str(self.item): self.items.token(2)})

    def _error(self, what: str) -> DataError:
        return DataError(f"standard input: line {self.lines}: {what}")
