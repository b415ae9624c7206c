//! What opens: intake and archive identities, shares k of n.
