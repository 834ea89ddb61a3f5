# SPDX-License-Identifier: Apache-2.0
"""plotly.js, which draws the charts of reports: where it is, and how it gets there from an npm registry.

Called as a program (scripts/install_dependencies does) it fetches the file unless it is there. It takes the registry, the proxy
and the certificates that npm would take, from the environment and npmrc files, and needs no npm.
Needs Python's own library and nothing else."""

import base64
import hashlib
import io
import os
import re
import ssl
import sys
import tarfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(ROOT / "scripts"))

from anda_sim.common.errors import RunError, guarded  # noqa: E402
from anda_sim.common.files import write_atomically  # noqa: E402

PACKAGE, VERSION, MEMBER = "plotly.js-dist-min", "2.35.2", "package/plotly.min.js"
# Of the package, as the registry has it, and of the file in it.
INTEGRITY = "sha512-oWDTf2kYOmTtEw3epeeSBdfH/H3OSktF0suST9oI6fIgKfbyd4MT7TPh8+CVzdHYllYon24Q0HI1hZjOnLqk6g=="
FILE_SHA256 = "6d21266ce1bd7d9e5ab4e115989c70c20de0382fd973a8f26ab58619eba4d603"
FILE = ROOT / "build" / "plotly" / "plotly.min.js"
LARGEST = 32 << 20
ATTEMPTS = 3
TIMEOUT_S = 60
_SETTING = re.compile(r"\s*(registry|proxy|https-proxy|cafile)\s*=\s*(.*?)\s*\Z")


def npm_settings(environment):
    """{"registry", "proxy", "https-proxy", "cafile"} as far as npm is told of them: by npmrc files of all users, then of this
    one, then by the environment."""
    environment = {name.lower() if name.lower().startswith("npm_config_") else name: value
                   for name, value in environment.items()}
    files = ["/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc", environment.get("npm_config_globalconfig"),
             environment.get("npm_config_userconfig") or os.path.join(environment.get("HOME", "/"), ".npmrc")]
    found = {}
    for path in filter(None, files):
        try:
            lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for match in filter(None, map(_SETTING.match, lines)):
            value = re.sub(r"\$\{(\w+)\}", lambda name: environment.get(name[1], ""), match[2])
            found[match[1]] = value.strip("\"'")
    for name in ("registry", "proxy", "https-proxy", "cafile"):
        found[name] = environment.get(f"npm_config_{name.replace('-', '_')}", found.get(name, ""))
    return {name: value for name, value in found.items() if value not in ("", "null")}


def opener(settings, environment):
    """What opens URLs with these settings; proxies that only the environment names are urllib's own business."""
    context = ssl.create_default_context()
    for path in (settings.get("cafile"), environment.get("NODE_EXTRA_CA_CERTS")):
        if path and os.path.isfile(path):
            context.load_verify_locations(path)
    proxies = {"http": settings.get("proxy"), "https": settings.get("https-proxy", settings.get("proxy"))}
    named = {scheme: proxy for scheme, proxy in proxies.items() if proxy}
    return urllib.request.build_opener(urllib.request.ProxyHandler({**urllib.request.getproxies(), **named}),
                                       urllib.request.HTTPSHandler(context=context))


def fetch(url, opened):
    """What is at an address; a network that fails for a moment is asked again. RunError where it stays so."""
    for attempt in range(ATTEMPTS):
        try:
            with opened.open(url, timeout=TIMEOUT_S) as answer:
                return answer.read(LARGEST)
        except (OSError, urllib.error.URLError) as error:
            why = error
            if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                break
            if attempt + 1 < ATTEMPTS:
                time.sleep(2**attempt)
    raise RunError(f"cannot fetch {url}: {getattr(why, 'reason', None) or why}; npm_config_registry names another registry, "
                   "HTTPS_PROXY a proxy")


def is_there():
    try:
        return hashlib.sha256(FILE.read_bytes()).hexdigest() == FILE_SHA256
    except OSError:
        return False


def main(arguments=None):
    if is_there():
        return
    print(f"fetching plotly.js {VERSION}", file=sys.stderr)
    settings = npm_settings(os.environ)
    registry = settings.get("registry", "https://registry.npmjs.org/").rstrip("/")
    url = f"{registry}/{PACKAGE}/-/{PACKAGE}-{VERSION}.tgz"
    package = fetch(url, opener(settings, os.environ))
    if "sha512-" + base64.b64encode(hashlib.sha512(package).digest()).decode() != INTEGRITY:
        raise RunError(f"{url} is not the package that was expected ({INTEGRITY}); nothing is kept of it")
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
        content = archive.extractfile(MEMBER).read()
    FILE.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(FILE, content)


if __name__ == "__main__":
    sys.exit(guarded("install_dependencies", main, "reports"))
