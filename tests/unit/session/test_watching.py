"""Whether a session says rightly that an evaluation can be repeated: the real one, a fresh one for each cell."""

import shutil

import pytest

from tests.unit.session.running import Output, RunningSession, RunningZygote

REPEATABLE = [
    "1+1",
    "print('text'); 2**100",
    "sum(range(1000))",
    "import sys\nfor _ in range(3): print('out'); print('err', file=sys.stderr)",
    "def squares():\n    for n in range(5): yield n * n\nlist(squares())",
    "try:\n    1/0\nexcept ZeroDivisionError as error:\n    print(error)",
    "1/0",
    "raise SystemExit(3)",
    "x = ",
    "from IPython.display import display, HTML, Markdown, Math, clear_output\n"
    "display(HTML('<b>1</b>')); display(Math('x^2')); clear_output()",
    "import sympy; x = sympy.Symbol('x'); sympy.integrate(sympy.sin(x) * sympy.exp(x), x)",
    "from sympy import *\nx, y = symbols('x y')\n"
    "solve(x**4 - 5*x**2 + 4), limit(sin(x)/x, x, 0), series(cos(x), x), factor(x**8 + 1, modulus=5)\n"
    "(sin(x)**2 + cos(x)**2 - 1).equals(0), simplify(sin(x)**2 + cos(x)**2), combinatorics.SymmetricGroup(5).order()",
    "from sympy import *\nt = symbols('t'); f = Function('f')\n"
    "dsolve(f(t).diff(t, 2) + f(t)), Matrix([[1, 2], [3, 4]]).eigenvals(), factorint(2**67 - 1), isprime(2**61 - 1)",
    "import sympy\nx = sympy.Symbol('x'); sympy.plot(sympy.sin(x))",
    "import numpy as np; np.linalg.eig(np.arange(9.0).reshape(3, 3) + np.eye(3))",
    "import numpy as np; np.fft.fft(np.ones(8)), np.polyfit([1, 2, 3], [1, 4, 9], 2), np.ones(3).ctypes.data > 0",
    "import numpy as np; np.datetime64('2026-11-25') + np.arange(3)",
    "from scipy import integrate, optimize, linalg, special, stats, signal, sparse, interpolate, spatial, ndimage\n"
    "integrate.quad(lambda x: x**2, 0, 1), optimize.brentq(lambda x: x - 0.5, 0, 1), stats.norm.cdf(1)",
    "import matplotlib.pyplot as plt; plt.plot([1, 2, 3], label='$x^2$'); plt.title('a'); plt.legend(); plt.show()",
    "import matplotlib.pyplot as plt, numpy as np\nf, (a, b) = plt.subplots(1, 2); a.imshow(np.eye(5)); b.hist([1, 2])",
    "import matplotlib.pyplot as plt\nimport mpl_toolkits.mplot3d\nplt.figure().add_subplot(projection='3d')",
    "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.savefig('f.png'); plt.close()",
    "import pandas as pd; pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
    "import pandas as pd; pd.DataFrame({'a': [1, 2]}, index=pd.date_range('2026-01-01', periods=2)).describe()",
    "import pandas as pd\npd.DataFrame({'a': [1, 2]}).to_csv('t.csv'); pd.read_csv('t.csv').groupby('a').sum()",
    "import fractions, decimal, statistics, json, textwrap, html.parser, email.message, wave, xml.dom.minidom",
    "import multiprocessing, urllib.request, http.client, logging.config, zipfile, tarfile, shelve, ssl, unittest",
    "import calendar, datetime; datetime.date(2026, 11, 25).isoformat(), calendar.month(2026, 11)",
    "import datetime; datetime.datetime.fromtimestamp(0, datetime.UTC), datetime.datetime.strptime('2026', '%Y')",
    "import time; time.gmtime(0), time.strftime('%Y', time.gmtime(0)), time.asctime(time.gmtime(0)), time.sleep(0.01)",
    "import zoneinfo, datetime; datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset()",
    "import asyncio; await asyncio.sleep(0.01)",
    "import asyncio; asyncio.get_running_loop().call_soon(print, 1);",
    "import asyncio\nasync def one(): await asyncio.sleep(0.01); return 1\n"
    "await asyncio.wait_for(asyncio.gather(one(), one()), 5)",
    "import threading; threading.Event().wait(0.01)",
    "import threading, queue\nq = queue.Queue(); t = threading.Thread(target=q.put, args=(1,)); t.start(); t.join()\n"
    "q.get(timeout=5)",
    "from concurrent.futures import ThreadPoolExecutor, wait\n"
    "with ThreadPoolExecutor(2) as pool: wait([pool.submit(pow, 2, 3)], 5)",
    "with open('f.txt', 'w') as f: f.write('text')\nopen('f.txt').read()",
    "%%writefile module.py\nx = 5",
    "open('module.py', 'w').write('x = 5')\nimport module\nmodule.x",
    "import os; os.makedirs('a/b'); os.listdir('.'), os.listdir(), sorted(os.walk('.')), open(os.devnull).read()",
    "import sqlite3; sqlite3.connect(':memory:').execute('select 1 + 1').fetchall()",
    "import random; random.seed(7); random.random(), random.sample(range(9), 3), random.gauss(0, 1)",
    "import random; random.Random(7).random()",
    "import random; random.seed(7); s = random.getstate(); random.random(); random.setstate(s); random.random()",
    "import numpy as np; np.random.seed(7); np.random.rand(3), np.random.permutation(5)",
    "import numpy as np; np.random.default_rng(7).normal(size=3), np.random.RandomState(7).rand()",
    "import numpy as np; r = np.random.RandomState(); r.seed(7); r.rand()",
    "import numpy as np, pickle, copy\nr = np.random.RandomState(7)\n"
    "pickle.loads(pickle.dumps(copy.deepcopy(r))).rand()\n"
    "isinstance(np.random.mtrand._rand, np.random.RandomState), np.random.RandomState(np.random.MT19937(7)).rand()",
    "import pandas as pd; pd.DataFrame({'a': range(9)}).sample(3, random_state=7)",
    "import sympy; sympy.randMatrix(2, seed=7)",
    "from sympy.core.random import seed, random; seed(7); random()",
    "import random, time, uuid, datetime; time.time, datetime.datetime.now, random.seed, uuid.uuid4;",
    "import pickle, copy, time; pickle.loads(pickle.dumps(time.time)) is copy.copy(time.time) is time.time",
    "import time\nclass Timer:\n    now = time.perf_counter\nTimer().now is time.perf_counter",
    "get_ipython().run_cell('1+1').result",
    "%precision 3\n%who\n%pwd\n%matplotlib inline",
    "x = 5\n%whos",
    "%reset -f\n1",
    "import time; time.time = lambda: 0; time.time()",
    "import logging; logging.warning('shown'); logging.debug('not shown')",
    "import tempfile; tempfile.gettempdir()",
    pytest.param(
        "import sympy; sympy.init_printing(); x = sympy.Symbol('x'); sympy.Integral(x**2, x)",
        marks=pytest.mark.skipif(shutil.which("latex") is not None, reason="sympy would start it"),
    ),
    "import matplotlib.pyplot as plt; plt.rcParams['font.family'] = 'no such font'; plt.title('a')",
    "import pandas as pd; pd.Series([1, 2, 3]).plot()",
]

UNREPEATABLE = [
    ("import time; time.time()", "clock"),
    ("from time import perf_counter; perf_counter()", "clock"),
    ("import time; time.monotonic_ns(), time.process_time()", "clock"),
    ("import time; time.clock_gettime(time.CLOCK_REALTIME)", "clock"),
    ("import time; time.localtime()", "clock"),
    ("import time; time.strftime('%Y')", "clock"),
    ("import time; time.ctime(None)", "clock"),
    ("import datetime; datetime.datetime.now()", "clock"),
    ("from datetime import datetime, UTC; datetime.now(tz=UTC)", "clock"),
    ("import warnings, datetime\nwarnings.simplefilter('ignore'); datetime.datetime.utcnow()", "clock"),
    ("import datetime; datetime.date.today()", "clock"),
    ("import datetime; datetime.datetime.today()", "clock"),
    ("import numpy as np; np.datetime64('now')", "clock"),
    ('import numpy as np; np.array(["today"], dtype="M8[D]")', "clock"),
    ("import pandas as pd; pd.Timestamp.now()", "clock"),
    ("import pandas as pd; pd.Timestamp.today()", "clock"),
    ("import pandas as pd; pd.to_datetime('no' + 'w')", "clock"),
    ("import os; os.times()", "clock"),
    ("import resource; resource.getrusage(resource.RUSAGE_SELF)", "clock"),
    ("import timeit; timeit.timeit('1', number=1)", "clock"),
    ("import timeit; timeit.default_timer()", "clock"),
    ("import cProfile; cProfile.run('1')", "clock"),
    ("import asyncio; asyncio.get_running_loop().time()", "clock"),
    ("import uuid; uuid.uuid1()", "clock"),
    ("%%time\n1+1", "clock"),
    ("%time 1+1", "clock"),
    ("%timeit -n1 -r1 1", "clock"),
    ("import logging; logging.basicConfig(format='%(asctime)s'); logging.warning('shown')", "clock"),
    ("import logging; logging.basicConfig(format='%(relativeCreated)d'); logging.warning('shown')", "clock"),
    ("import logging; logging.Formatter(fmt='{msecs}', style='{')", "clock"),
    ("class Now:\n    def __repr__(self):\n        import time; return str(time.time())\nNow()", "clock"),
    ("import time\ntry: time.time()\nexcept Exception: pass\nimport random; random.random()", "clock"),
    ("import asyncio, time\nasync def late(): await asyncio.sleep(0.01); return time.time()\nawait late()", "clock"),
    ("import threading, time\nt = threading.Thread(target=time.time); t.start(); t.join()", "clock"),
    ("import asyncio, time; asyncio.get_running_loop().call_soon(time.time); await asyncio.sleep(0.01)", "clock"),
    (
        "from concurrent.futures import ThreadPoolExecutor\nimport time\n"
        "with ThreadPoolExecutor(1) as pool: print(pool.submit(time.time).result())",
        "clock",
    ),
    ("open('module.py', 'w').write('import time; x = time.time()')\nimport module\nmodule.x", "clock"),
    ("get_ipython().run_cell('import time; time.time()')", "clock"),
    ("import time; get_ipython().events.register('post_run_cell', lambda result: time.time())", "clock"),
    ("import sys; del sys.modules['time']; import time; time.time()", "clock"),
    (
        "import sys\nfor name in [*sys.modules]:\n    if 'sagews' in name: del sys.modules[name]\n"
        "import time; time.time()",
        "clock",
    ),
    ("import random; del random._inst", "foreign_code"),
    ("import sys, random; del sys.modules['random']; random.random()", "random"),
    ("from tqdm import tqdm\nlist(tqdm(range(3)))", "clock"),
    ("import random; random.random()", "random"),
    ("from random import choice; choice([1, 2, 3])", "random"),
    ("import random; random.seed(); random.random()", "random"),
    ("import random; random.random(); random.seed(7)", "random"),
    ("import random; random.Random().random()", "random"),
    ("import random; random.getstate()", "random"),
    ("import random\ntry: random.seed([])\nexcept TypeError: random.random()", "random"),
    ("import importlib, random; importlib.reload(random).random()", "random"),
    ("import random; random.SystemRandom().random()", "random"),
    ("import secrets; secrets.token_hex(), secrets.choice('abc')", "random"),
    ("import uuid; uuid.uuid4()", "random"),
    ("import os; os.urandom(4)", "random"),
    ("from os import getrandom; getrandom(4)", "random"),
    ("import tempfile; tempfile.mkdtemp()", "random"),
    ("import numpy as np; np.random.rand(3)", "random"),
    ("import numpy as np; np.random.rand(312)", "random"),
    ("import numpy as np; np.random.default_rng().random()", "random"),
    ("import numpy as np; np.random.PCG64()", "random"),
    ("import numpy as np; np.random.RandomState().rand()", "random"),
    ("import numpy as np; np.random.seed(); np.random.rand()", "random"),
    ("import numpy as np; np.random.get_state()", "random"),
    ("import numpy as np; r = np.random.RandomState(); r.rand(); r.seed(7)", "random"),
    ("import numpy as np; np.random.RandomState(); np.random.RandomState(7)", "random"),
    ("import numpy as np; np.random.RandomState(np.random.PCG64())", "random"),
    ("import pandas as pd; pd.DataFrame({'a': range(9)}).sample(3)", "random"),
    ("import scipy.stats; scipy.stats.norm.rvs(size=3)", "random"),
    ("import sympy; sympy.randMatrix(2)", "random"),
    ("from sympy.stats import Normal, sample; sample(Normal('x', 0, 1))", "random"),
    ("import sympy; sympy.core.random.random()", "random"),
    ("import sympy; sympy.randprime(1000, 9000)", "random"),
    ("from IPython.display import display; display(1, display_id=True)", "random"),
    ("import ipywidgets; ipywidgets.IntSlider()", "random"),
    ("import socket\ntry: socket.create_connection(('127.0.0.1', 1), 1)\nexcept OSError: pass", "network"),
    ("import urllib.request\ntry: urllib.request.urlopen('http://127.0.0.1:1/')\nexcept OSError: pass", "network"),
    ("import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'', ('127.0.0.1', 1))", "network"),
    ("try: input()\nexcept Exception: pass", "input"),
    ("import getpass\ntry: getpass.getpass()\nexcept Exception: pass", "input"),
    ("!ls", "process"),
    ("import subprocess; subprocess.run(['true'])", "process"),
    ("import os; os.system('true')", "process"),
    ("import os; os.popen('true').close()", "process"),
    ("import os\nif not (pid := os.fork()): os._exit(0)\nos.waitpid(pid, 0)", "process"),
    ("import os; os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)", "process"),
    ("import multiprocessing\nwith multiprocessing.get_context('fork').Pool(1) as pool: pool.map(abs, [1])", "process"),
    ("import multiprocessing.util\nmultiprocessing.util.spawnv_passfds(b'/bin/true', ['true'], [])", "process"),
    ("open('/etc/passwd').read()", "files"),
    ("open('/proc/self/stat').read()", "files"),
    ("open('/dev/urandom', 'rb').read(1)", "files"),
    ("import pathlib; pathlib.Path('../../../../../../etc/passwd').read_text()", "files"),
    ("open(b'/etc/passwd').close()", "files"),
    ("try: open('/nowhere/at/all')\nexcept OSError: pass", "files"),
    ("import os; os.listdir('/')", "files"),
    ("import glob; glob.glob('/etc/*')", "files"),
    ("import os; os.symlink('/etc', 'here'); open('here/passwd').read()", "files"),
    ("import os; os.chdir('/'); open('etc/passwd').read()", "files"),
    ("import sqlite3; sqlite3.connect('file:/etc/passwd?mode=ro', uri=True)", "files"),
    ("import numpy as np; np.loadtxt('/proc/loadavg', max_rows=1, usecols=0)", "files"),
    ("import ctypes; ctypes.CDLL(None)", "foreign_code"),
    ("import ctypes; ctypes.pythonapi.Py_GetVersion", "foreign_code"),
    ("import ctypes; ctypes.string_at(id(1), 4)", "foreign_code"),
    ("import _cffi_backend", "foreign_code"),
    ("import threading, time; threading.Thread(target=time.sleep, args=(1,), daemon=True).start()", "late"),
    ("import asyncio; task = asyncio.create_task(asyncio.sleep(1))", "late"),
    ("import asyncio; asyncio.get_running_loop().call_later(1, print, 1);", "late"),
    ("import asyncio, os; r, w = os.pipe(); asyncio.get_running_loop().add_reader(r, print)", "late"),
]


def watched(zygote: RunningZygote, code: str) -> Output:
    """Evaluate as the first thing in a session of its own."""
    with zygote.session(address_space=4 << 30) as session:
        return session.evaluate(code, watched=True, without_input=True)


@pytest.mark.parametrize("code", REPEATABLE)
def test_what_gives_the_same_each_time(zygote: RunningZygote, code: str) -> None:
    output = watched(zygote, code)
    assert output.unrepeatable == "", output


@pytest.mark.parametrize(("code", "reason"), UNREPEATABLE)
def test_what_may_differ_each_time(zygote: RunningZygote, code: str, reason: str) -> None:
    output = watched(zygote, code)
    assert output.unrepeatable == reason, output


def test_a_session_that_is_not_watched_has_nothing_of_it(session: RunningSession) -> None:
    output = session.evaluate(
        "import time, random, datetime, builtins\n"
        "print(*(type(f).__name__ for f in (time.time, random.seed, datetime.datetime.now, random.Random.seed)))\n"
        "time.time(), random.random();"
    )
    assert output.text() == "builtin_function_or_method method builtin_function_or_method function\n"
    assert output.unrepeatable == ""


def test_what_follows_a_watched_evaluation_is_not_watched(session: RunningSession) -> None:
    assert session.evaluate("1", watched=True).unrepeatable == ""
    output = session.evaluate("import time, random; time.time(), random.random(), open('/etc/passwd').close();")
    assert (output.status, output.unrepeatable) == ("OK", "")


def test_functions_are_what_they_were(zygote: RunningZygote) -> None:
    with zygote.session() as session:
        output = session.evaluate(
            "import time, datetime, random, os, inspect\n"
            "class Day(datetime.datetime): pass\n"
            "print(repr(time.time), time.time.__name__, time.localtime(0).tm_year, callable(time.perf_counter))\n"
            "print(type(Day.now()).__name__, type(datetime.datetime.now()) is datetime.datetime)\n"
            "print(datetime.datetime.now(datetime.UTC).tzinfo)\n"
            "print(abs(datetime.datetime.now().timestamp() - time.time()) < 9)\n"
            "print(len(os.urandom(5)), random.Random(7).random() == random.Random(7).random())\n"
            "try: time.localtime('x')\nexcept TypeError as error: print(error)\n",
            watched=True,
        )
        assert output.text().splitlines() == [
            "<built-in function time> time 1970 True",
            "Day True",
            "UTC",
            "True",
            "5 True",
            "'str' object cannot be interpreted as an integer",
        ]


def test_an_interrupt_reaches_a_watched_evaluation(session: RunningSession) -> None:
    output = session.start("print('running')\nwhile True: pass", watched=True)
    session.until(lambda: "running\n" in output.text())
    session.interrupt()
    assert session.finish(output, 3).status == "INTERRUPTED"


def test_what_a_spare_has_done_does_not_count(zygote: RunningZygote) -> None:
    for _ in range(3):
        assert watched(zygote, "import random; random.seed(1); random.random()").unrepeatable == ""
