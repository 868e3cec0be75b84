"""What stands between a company's machine and the Mist Cloud: its own authority, a proxy."""

import select
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CLOUD_NAME = "mist.example.com"
"""A name that only the proxy resolves."""


def self_signed(folder: Path, days: int = 1) -> Path:
    """A PEM file of a certificate and its key, for loopback and CLOUD_NAME."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wan_perf test authority")])
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName(CLOUD_NAME)]
    end = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=30))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "authority.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@contextmanager
def over_tls(url: str, certificate: Path) -> Iterator[str]:
    """The http server at `url`, served over TLS too; the https address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    port = int(url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        Thread(target=_serve_tls, args=(listener, context, port), daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


def _serve_tls(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while listener.fileno() >= 0:
        with suppress(OSError):
            plain, _ = listener.accept()
            plain.settimeout(5)
            Thread(target=_one_tls, args=(plain, context, port), daemon=True).start()


def _one_tls(plain: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with (
        suppress(OSError),
        context.wrap_socket(plain, server_side=True) as outer,
        socket.create_connection(("127.0.0.1", port)) as inner,
    ):
        _relay(outer, inner)


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Bytes of each to the other, until one ends."""
    while True:
        pending = isinstance(one, ssl.SSLSocket) and one.pending()
        ready = [one] if pending else select.select([one, other], [], [], 5)[0]
        for source in ready:
            data = source.recv(65536)
            if not data:
                return
            (other if source is one else one).sendall(data)


class Proxy:
    """A proxy on loopback: it leads every tunnel to one address, and counts what it is sent.

    Attributes:
        tunnels: Targets of CONNECT, as requested.
        plain: Addresses of other requests.
        logins: Values of Proxy-Authorization.
    """

    def __init__(self, target: str = "", login: str = "", status: int = 200) -> None:
        self.tunnels: list[str] = []
        self.plain: list[str] = []
        self.logins: list[str | None] = []
        wanted = f"Basic {b64encode(login.encode()).decode()}" if login else None
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_CONNECT(self) -> None:
                proxy.tunnels.append(self.path)
                proxy.logins.append(self.headers["Proxy-Authorization"])
                if wanted not in (None, proxy.logins[-1]):
                    self.send_error(407)
                    return
                if status != 200:
                    self.send_error(status)
                    return
                host, _, port = target.removeprefix("https://").rpartition(":")
                with suppress(OSError), socket.create_connection((host, int(port))) as inner:
                    self.send_response(200)
                    self.end_headers()
                    _relay(self.connection, inner)

            def do_GET(self) -> None:
                self.refuse_plain()

            def do_POST(self) -> None:
                self.refuse_plain()

            def refuse_plain(self) -> None:
                proxy.plain.append(self.path)
                self.send_error(502)

            def log_message(self, *args: object) -> None:
                """Write nothing: standard error is read by a test."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def requests(self) -> int:
        """How many requests of any kind arrived."""
        return len(self.tunnels) + len(self.plain)
