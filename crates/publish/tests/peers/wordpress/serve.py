"""A real WordPress on loopback with a database server of its own. Prints its address; ends with its input."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
here = pathlib.Path(__file__).parent
data, socket, site = folder / "data", folder / "db.sock", folder / "site"
children = []


def end(*_):
    for child in children:
        # PHP's workers outlive their parent; they are of its group.
        try:
            os.killpg(child.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
    for child in children:
        child.wait()
    os._exit(0)


signal.signal(signal.SIGTERM, end)
user = []
if os.getuid() == 0:
    # MariaDB wants a user of its own, who must reach the folder.
    user = ["--user=mysql"]
    folder.chmod(0o755)
    shutil.chown(folder, "mysql", "mysql")
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
found = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db", "--auth-root-authentication-method=normal", *user]
for last in (False, False, True):
    # Of several that begin at once one may find the machine's asynchronous I/O used up; a moment later it is there again.
    if subprocess.run(found, check=last, **quiet).returncode == 0:
        break
    shutil.rmtree(data, ignore_errors=True)
children.append(
    subprocess.Popen(
        ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking", f"--pid-file={folder}/db.pid", *user],
        start_new_session=True,
        **quiet,
    )
)
for _ in range(600):
    if subprocess.run(["mariadb-admin", "--no-defaults", f"--socket={socket}", "-uroot", "ping"], **quiet).returncode == 0:
        break
    time.sleep(0.1)
sql = "CREATE DATABASE wordpress; CREATE USER 'wp'@'localhost' IDENTIFIED BY 'throwaway'; GRANT ALL ON wordpress.* TO 'wp'@'localhost';"
subprocess.run(["mariadb", "--no-defaults", f"--socket={socket}", "-uroot", "-e", sql], check=True)
shutil.copytree("/usr/share/wordpress", site, symlinks=False, ignore_dangling_symlinks=True)
(site / "wp-config.php").unlink(missing_ok=True)
address = f"127.0.0.1:{port}"
(site / "wp-config.php").write_text(
    f"""<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'wp');
define('DB_PASSWORD', 'throwaway');
define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', 'http://{address}');
define('WP_SITEURL', 'http://{address}');
define('WP_ENVIRONMENT_TYPE', 'local');
define('WP_CONTENT_DIR', '{site}/wp-content');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTH_KEY', 'throwaway'); define('SECURE_AUTH_KEY', 'throwaway');
define('LOGGED_IN_KEY', 'throwaway'); define('NONCE_KEY', 'throwaway');
define('AUTH_SALT', 'throwaway'); define('SECURE_AUTH_SALT', 'throwaway');
define('LOGGED_IN_SALT', 'throwaway'); define('NONCE_SALT', 'throwaway');
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {{ define('ABSPATH', __DIR__ . '/'); }}
require_once ABSPATH . 'wp-settings.php';
"""
)
made = subprocess.run(["php", str(here / "setup.php"), str(site)], check=True, capture_output=True, text=True)
password = made.stdout.strip().splitlines()[-1]
children.append(
    subprocess.Popen(
        ["php", "-d", "upload_max_filesize=64M", "-d", "post_max_size=64M", "-S", address, "-t", str(site)],
        env={**os.environ, "PHP_CLI_SERVER_WORKERS": "4"},
        start_new_session=True,
        **quiet,
    )
)
for _ in range(600):
    ready = subprocess.run(["php", "-r", f"exit(@fsockopen('127.0.0.1', {port}) ? 0 : 1);"], **quiet)
    if ready.returncode == 0:
        break
    time.sleep(0.1)
print(json.dumps({"address": address, "password": password}), flush=True)
sys.stdin.read()
end()
