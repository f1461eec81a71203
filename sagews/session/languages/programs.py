"""The table of programs, by the names of their languages.

What is the same for all: no start-up file of a reader's or of the system's
changes what a cell gives, nothing is asked, values of expressions are shown as
at the program's own prompt, without the prompt, and the first error ends the
cell with a status that tells of it. Maxima and Singular have no way to do that:
they go on, as at their prompts.
"""

from collections.abc import Mapping

from sagews.session.languages.program import FOLDER, Program

_R_PROFILE = f"""\
options(device = function(...) grDevices::png(
    filename = file.path(Sys.getenv("{FOLDER}"), "figure%04d.png"), type = "cairo", width = 640, height = 480))
"""
"""A device for figures that nobody opens one for. A profile is run before the code, whose lines keep their numbers."""

_OCTAVE_DRIVER = f"""\
warning ("off", "Octave:gnuplot-graphics");
set (0, "defaultfigurevisible", "off");
page_screen_output (false);
page_output_immediately (true);
unwind_protect
  source (fullfile (getenv ("{FOLDER}"), "cell.m"));
unwind_protect_cleanup
  for figure_ = sort (get (0, "children"))'
    if (! isempty (get (figure_, "children")))
      try
        print (figure_, fullfile (getenv ("{FOLDER}"), sprintf ("figure%04d.png", figure_)), "-dpng", "-r100");
      catch failure_
        fprintf (stderr, "A figure cannot be shown: %s\\n", failure_.message);
      end_try_catch
    endif
  end
end_unwind_protect
"""
"""Octave has no device that writes by itself: what is open at the end is printed."""

PROGRAMS: Mapping[str, Program] = {
    "gap": Program(
        title="GAP",
        commands=("gap",),
        package="gap-core",
        # -r: no file of the reader's; -A: no packages but those that it needs.
        arguments=("-q", "-r", "-A", "--quitonbreak"),
    ),
    "gp": Program(
        title="PARI/GP",
        commands=("gp",),
        package="pari-gp",
        arguments=("-q", "-f", "--default", "recover=0"),
    ),
    "macaulay2": Program(
        title="Macaulay2",
        commands=("M2",),
        package="macaulay2",
        # It would repeat the code that comes by its stdin.
        arguments=("-q", "--silent", "--no-readline", "--no-prompts", "--stop", "-e", "clearEcho stdio"),
    ),
    "maxima": Program(
        title="Maxima",
        # Debian's `maxima` is made with GCL, which wants a memory without random addresses. No session may have that.
        commands=("maxima-sage", "maxima"),
        package="maxima-sage",
        arguments=("--very-quiet", "--init-mac={folder}/init.mac"),
        files={"init.mac": "display2d: false$\n"},
    ),
    "octave": Program(
        title="GNU Octave",
        commands=("octave-cli",),
        package="octave",
        arguments=("--quiet", "--norc", "--no-history", "{folder}/driver.m"),
        code="cell.m",
        files={"driver.m": _OCTAVE_DRIVER},
    ),
    "r": Program(
        title="R",
        commands=("R",),
        package="r-base-core",
        arguments=("--no-echo", "--no-restore", "--no-save", "--no-environ", "--file={folder}/cell.R"),
        code="cell.R",
        files={"profile.R": _R_PROFILE},
        variables={"R_PROFILE_USER": "{folder}/profile.R"},
    ),
    "singular": Program(
        title="Singular",
        commands=("Singular",),
        package="singular",
        arguments=("-q", "--no-rc"),
    ),
}
