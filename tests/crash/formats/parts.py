"""What the formats share: the steps that a publish is made of, and bytes that can be made again from a few numbers."""
import dataclasses
import hashlib
import io
import random
import typing
import zipfile


@dataclasses.dataclass(frozen=True)
class Step:
    """One request of a publish."""

    what: str
    apply: typing.Callable  # From the state before to the one after, or model.REFUSED.
    sha256: str | None
    send: typing.Callable  # Takes the wire, answers its Answer.


def noise(salt, size):
    """Bytes that do not compress, the same for the same salt."""
    return random.Random(salt).randbytes(size)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def zipped(files):
    """A zip archive of pairs of a path and its bytes. The same files make the same bytes."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for path, content in files:
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), content)
    return output.getvalue()


def multipart(fields, file_field, file_name, content):
    """The body of a form, and its content type."""
    boundary = "----------crash-boundary"
    lines = []
    for name, value in fields:
        lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{file_field}"; filename="{file_name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    return b"".join([*lines, head.encode(), content, f"\r\n--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
