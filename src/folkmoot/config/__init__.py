"""The server's configuration: options with their defaults, and reading them from a TOML file."""

from folkmoot.config.options import Config, TlsFiles
from folkmoot.config.reading import ConfigError, Mistake, load, override
from folkmoot.config.values import Address, Creators, LogFormat, LogLevel, Strangers

__all__ = [
    "Address",
    "Config",
    "ConfigError",
    "Creators",
    "LogFormat",
    "LogLevel",
    "Mistake",
    "Strangers",
    "TlsFiles",
    "load",
    "override",
]
