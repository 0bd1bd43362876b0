-- Prosody for compose.yaml. Say your domain in the two places below.

admins = { "admin@example.org" }

modules_enabled = {
    "disco", "roster", "saslauth", "tls", "dialback",
    "blocklist", "bookmarks", "carbons", "limits", "mam", "pep", "ping", "smacks", "time",
    "vcard4", "vcard_legacy", "version",
}

-- What one client may send. With the usual 10kb/s, pictures and large forms are slow.
limits = { c2s = { rate = "100kb/s" }, s2sin = { rate = "100kb/s" } }

authentication = "internal_hashed"
storage = "internal"
data_path = "/var/lib/prosody"
certificates = "/etc/prosody/certs"
log = { { levels = { min = "info" }, to = "console" } }

VirtualHost "example.org"

-- Printed by: folkmoot component --server prosody --only host
Include "/etc/prosody/folkmoot.cfg.lua"
