"""`python -m wan_perf_tests.docs`: write the reference pages again from the code."""

from wan_perf_tests.docs.reference import FOLDER, pages


def main() -> None:
    """Replace the pages of `docs/reference`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
        print(FOLDER / name)  # noqa: T201 - the command's output


if __name__ == "__main__":
    main()
