# Read by login shells: the vault command finds the cluster's Vault.
export VAULT_ADDR='https://192.168.64.11:8200'
export VAULT_CACERT=/etc/slipway/vault-ca.crt
