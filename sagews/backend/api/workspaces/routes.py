"""All routes about workspaces, in the order in which they are told of."""

from sagews.backend.api.route import Route
from sagews.backend.api.workspaces.archives import ArchiveRoutes
from sagews.backend.api.workspaces.clones import CloneRoutes
from sagews.backend.api.workspaces.conversions import ConversionRoutes
from sagews.backend.api.workspaces.door import Door
from sagews.backend.api.workspaces.files import FileRoutes
from sagews.backend.api.workspaces.history import HistoryRoutes
from sagews.backend.api.workspaces.links import LinkRoutes
from sagews.backend.api.workspaces.members import MemberRoutes
from sagews.backend.api.workspaces.publications import PublicationRoutes
from sagews.backend.api.workspaces.versions import VersionRoutes
from sagews.backend.api.workspaces.workspaces import WorkspaceRoutes
from sagews.backend.printer import Printer
from sagews.backend.worksheets.desks import Desks
from sagews.backend.workspaces.shelf import Shelf


def workspace_routes(shelf: Shelf, desks: Desks, printer: Printer) -> list[Route]:
    """Return them."""
    door = Door(shelf.members)
    return [
        *WorkspaceRoutes(shelf, door).routes(),
        *FileRoutes(shelf, door, desks.outside).routes(),
        *HistoryRoutes(shelf, door).routes(),
        *VersionRoutes(shelf, door, desks).routes(),
        *ConversionRoutes(shelf, door, desks, printer).routes(),
        *ArchiveRoutes(shelf, door).routes(),
        *CloneRoutes(shelf, door).routes(),
        *MemberRoutes(shelf, door).routes(),
        *LinkRoutes(shelf, door).routes(),
        *PublicationRoutes(shelf, door).routes(),
    ]
