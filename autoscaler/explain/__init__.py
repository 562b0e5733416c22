"""Why there were that many workers: a journal's ticks as a story, or one moment of them in full.  Pure."""

from autoscaler.explain.moment import Moment, SeenBrief, look_up
from autoscaler.explain.story import Entry, EntryKind, tell_story
from autoscaler.explain.text import render_moment, render_story

__all__ = ["Entry", "EntryKind", "Moment", "SeenBrief", "look_up", "render_moment", "render_story", "tell_story"]
