"""The language of XMPP, without rules: addresses, XML, stanzas, forms, result sets, dates."""
