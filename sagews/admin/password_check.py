"""Whether this user, and no other, can read the file of the database's password.

`python -m sagews.admin.password_check FILE`, run as the service's user: one line
on stderr and status 1 if that is not so.
"""

import sys
from pathlib import Path

from sagews.errors import ConfigurationError
from sagews.service.database_password import HINT, MAX_PASSWORD
from sagews.service.secret_file import read_secret

if __name__ == "__main__":
    try:
        read_secret(Path(sys.argv[1]), MAX_PASSWORD, HINT)
    except ConfigurationError as error:
        sys.exit(str(error))
