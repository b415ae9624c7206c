"""A real Synapse on loopback with a room of its own. Prints its address, a token and the room; ends with its input."""

import json
import pathlib
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
programs = pathlib.Path(__file__).parent / "environment" / "bin"
secret, password = secrets.token_hex(16), secrets.token_hex(16)
settings = folder / "homeserver.yaml"
subprocess.run(
    [programs / "python", "-m", "synapse.app.homeserver", "--server-name", "peer.test", "--config-path", settings,
     "--generate-config", "--report-stats=no", "--data-directory", folder],
    check=True, stdout=subprocess.DEVNULL, cwd=folder,
)
# Settings that come later in a second file take the place of the first's.
(folder / "peer.yaml").write_text(
    json.dumps(
        {
            "listeners": [{"port": port, "type": "http", "bind_addresses": ["127.0.0.1"], "resources": [{"names": ["client"]}]}],
            "registration_shared_secret": secret,
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "rc_message": {"per_second": 1000, "burst_count": 1000},
        }
    )
)
server = subprocess.Popen(
    [programs / "python", "-m", "synapse.app.homeserver", "--config-path", settings, "--config-path", folder / "peer.yaml"],
    cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
address = f"http://127.0.0.1:{port}"


def ask(path, body=None, token=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(address + path, data, headers, method=method)
    return json.loads(urllib.request.urlopen(request).read())


for _ in range(600):
    try:
        ask("/_matrix/client/versions")
        break
    except (urllib.error.URLError, ConnectionError):
        time.sleep(0.1)
subprocess.run(
    [programs / "register_new_matrix_user", "-u", "news", "-p", password, "--no-admin", "-k", secret, address],
    check=True, stdout=subprocess.DEVNULL,
)
login = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": "news"}, "password": password}
token = ask("/_matrix/client/v3/login", login)["access_token"]
room = ask("/_matrix/client/v3/createRoom", {"preset": "public_chat"}, token)["room_id"]
print(json.dumps({"address": f"127.0.0.1:{port}", "token": token, "room": room}), flush=True)
sys.stdin.read()
server.terminate()
server.wait()
