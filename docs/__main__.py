"""``python -m docs``: make every generated page and drawing anew, from the code as it is now."""

from docs import (
    DOCS,
    make_cli,
    make_configuration,
    make_drawings,
    make_gallery,
    make_ladder,
    make_map,
    make_outputs,
    make_rules,
    make_tutorial,
)
from docs.drawing.kept import kept

(DOCS / "configuration.md").write_text(make_configuration.make(), encoding="utf-8")
(DOCS / "map.md").write_text(make_map.make(kept()), encoding="utf-8")
outputs = DOCS / "outputs.md"
outputs.write_text(make_outputs.make(outputs.read_text(encoding="utf-8")), encoding="utf-8")
(DOCS / "cli.md").write_text(make_cli.make(), encoding="utf-8")
for maker in (make_ladder, make_tutorial):
    for page in maker.PAGES:
        page.write_text(maker.make(page.read_text(encoding="utf-8")), encoding="utf-8")
for path in (DOCS / "rules").glob("*.md"):
    path.unlink()  # a rule may have another name by now
(DOCS / "rules").mkdir(exist_ok=True)
for name, text in (make_rules.make() | make_gallery.make()).items():
    (DOCS / name).write_text(text, encoding="utf-8")
make_drawings.write()
