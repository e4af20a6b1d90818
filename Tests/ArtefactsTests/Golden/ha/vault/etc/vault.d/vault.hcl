# Vault of ha: one node with integrated storage, TLS everywhere.
storage "raft" {
  path    = "/var/lib/vault"
  node_id = "vault"
}

listener "tcp" {
  address         = "192.168.64.11:8200"
  cluster_address = "192.168.64.11:8201"
  tls_cert_file   = "/etc/vault.d/tls/vault.crt"
  tls_key_file    = "/etc/vault.d/tls/vault.key"
  tls_min_version = "tls12"
}

# For vault-bootstrap and people on this machine.
listener "tcp" {
  address         = "127.0.0.1:8200"
  cluster_address = "127.0.0.1:8201"
  tls_cert_file   = "/etc/vault.d/tls/vault.crt"
  tls_key_file    = "/etc/vault.d/tls/vault.key"
  tls_min_version = "tls12"
}

api_addr     = "https://192.168.64.11:8200"
cluster_addr = "https://192.168.64.11:8201"

# Integrated storage maps its database into memory, and locking that would pin all of it. Swap is forbidden for this
# service by its unit instead (MemorySwapMax=0).
disable_mlock = true

# Over TLS and of no use without a token.
ui = true

# Unsealing (topology: vault.auto-unseal, now true): vault-bootstrap.service keeps all five shares in
# /var/lib/slipway/vault/init.json, root-only, and unseals at every boot. A restart of the lab needs no person. The price: who
# is root here, or copies this disk, has everything that Vault holds. Its authorities' keys are on this disk anyway.
