"""How the report's page looks: by day and night, on paper, and on a narrow screen."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif;
  --line: color-mix(in srgb, currentColor 18%, transparent);
  --soft: color-mix(in srgb, currentColor 5%, transparent);
  --red: light-dark(#a4000f, #ff9aa2); --amber: light-dark(#7a4b00, #ffc46b);
  --green: light-dark(#0b6a2f, #7fdca0) }
body { margin: 2rem auto; max-width: 68rem; padding: 0 1rem }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.2rem; margin: 2.25rem 0 .75rem }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
.sub { margin: .1rem 0 1rem; opacity: .75 }
.badge { border: 1px solid currentColor; border-radius: 1rem; font-size: .85rem; font-weight: 600;
  padding: .1rem .65rem; white-space: nowrap }
.succeeded, .applied { color: var(--green) } .partiallySucceeded, .stale, .blocked, .conflict, .skipped {
  color: var(--amber) } .failed, .error { color: var(--red) }
.top { align-items: center; display: flex; flex-wrap: wrap; gap: .5rem 1rem }
.tiles { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr));
  margin: 1rem 0 }
.tile { background: var(--soft); border-radius: .5rem; padding: .6rem .9rem }
.tile dt { font-size: .85rem; opacity: .75 } .tile dd { font-weight: 600; margin: 0 }
.note { border-left: .25rem solid var(--amber); margin: .75rem 0; padding: .3rem .9rem }
.note.error { border-color: var(--red); color: inherit } .note p { margin: .2rem 0; overflow-wrap: anywhere }
.facts { display: grid; gap: .15rem 1.25rem; grid-template-columns: max-content 1fr; margin: .5rem 0 }
.facts dt { opacity: .75 } .facts dd { margin: 0; overflow-wrap: anywhere }
.card { border: 1px solid var(--line); border-radius: .5rem; break-inside: avoid; margin: .75rem 0;
  padding: .7rem .9rem }
.type { font-size: .85rem; margin: 0; opacity: .75; overflow-wrap: anywhere }
.wide { overflow-x: auto } table { border-collapse: collapse; margin: .6rem 0 .2rem; width: 100% }
th, td { border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; text-align: left;
  vertical-align: top }
thead th { border: 0; font-size: .85rem; font-weight: 600; opacity: .75 }
td, tbody th { overflow-wrap: anywhere } tbody th { font-weight: 400; width: 28% }
td pre { font: 12.5px/1.45 ui-monospace, monospace; margin: 0; white-space: pre-wrap }
.note h2 { margin: .2rem 0 } td p { margin: 0 }
.absent { font-style: italic; opacity: .7 } ul { margin: .3rem 0; padding-left: 1.2rem }
details summary { cursor: pointer; margin: .75rem 0 }
@media print { body { margin: 0; max-width: none } }
"""
