"""`sagews`, whose backend kills itself at the moment of a save, or a push, that its environment names: see `Dying`."""

import os

from sagews.__main__ import main
from sagews.backend.workspaces import shelf
from tests.site.workspaces.saving_process import Dying

MOMENT = "TESTS_MOMENT"

if __name__ == "__main__":
    Dying.moment = os.environ[MOMENT]
    shelf.Packs = Dying  # type: ignore[misc]
    main()
