"""Starts a world for the browser's tests, says in one line of JSON where it is, and takes it down
when its standard input ends. On standard input `drop NAME` sends the document prepared as NAME,
`back-up` asks for a backup, `lose-backups` takes their folder away, `stop-hub` stops the hub."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from backups import ask, backup_settings
from packages import Document
from world import World

SENDER = "000.00.00.G22"
RECIPIENTS = ["G12.18", "H37.30.06.01"]
HOSTILE_ID = "<img src=x onerror=\"document.title='broken'\">"
DOCUMENTS = {
    "first": Document(SENDER, RECIPIENTS, "browser-1", number="41", priority=3),
    "second": Document(SENDER, RECIPIENTS, "browser-2", number="42"),
    "hostile": Document(SENDER, ["G12.18"], HOSTILE_ID, number="43",
                        notation="<script>document.title='broken'</script>"),
}


def main():
    with tempfile.TemporaryDirectory(prefix="truc-browser-") as folder:
        backups = Path(folder) / "backups"
        backups.mkdir()
        with World(Path(folder) / "world", fanout=backup_settings(backups)) as world:
            place = {
                "url": f"https://127.0.0.1:{world.hub.operator_port}/",
                "certificate": str(world.operator / "tls.chain.pem"),
                "key": str(world.operator / "tls.key"),
                "hostileId": HOSTILE_ID,
                "systems": sorted(world.systems),
            }
            print(json.dumps(place), flush=True)
            for line in sys.stdin:
                match line.split():
                    case ["drop", name]:
                        world.agency(SENDER).drop(name, DOCUMENTS[name].xml())
                    case ["back-up"]:
                        assert ask(world, "POST").status == 202
                    case ["lose-backups"]:
                        shutil.rmtree(backups)
                    case ["stop-hub"]:
                        assert world.hub.server.stop() == 0


if __name__ == "__main__":
    main()
