"""The version of the software that runs."""

from importlib.metadata import version

VERSION = version("folkmoot")
