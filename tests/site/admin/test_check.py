"""`sagews admin check` finds what would keep a service from its work, before anything is started."""

import grp
import os

from tests.site.admin.command import administered_site


def test_the_file_of_the_databases_password_is_for_the_services_alone() -> None:
    with administered_site() as site:
        password = site.file.with_name("password")
        site.write(f'[database]\nurl = "postgresql+asyncpg://me@127.0.0.1:9/it"\npassword_file = "{password}"\n')

        def said() -> str:
            checked = site.admin("check", "backend")
            assert checked.status in (0, 2), checked
            return checked.stderr if checked.status else ""

        assert "backend1" in said() and f"{password}: cannot be read" in said()
        password.write_text("word\n")
        password.chmod(0o644)
        assert f"{password}: can be read by others (mode 0644)" in said()
        password.chmod(0o600)
        if os.getuid() == 0:
            assert f"{password}: cannot be read (Permission denied)" in said()
            os.chown(password, 0, grp.getgrnam("sagews").gr_gid)
            password.chmod(0o640)
        assert said() == ""
