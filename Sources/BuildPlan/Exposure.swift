/// How a file's bytes relate to the secrets file, and so into which part of a bundle they may go.
public enum Exposure: String, Sendable, Hashable {
    /// Independent of the secrets file; anyone can rebuild and compare it. The public part holds only these.
    case open
    /// Follows from the secrets file but is no secret: certificates, public keys, known hosts.
    case derived
    /// Gives access to something: private keys, kubeconfigs. Never readable by others, never in the public part.
    case secret
}
