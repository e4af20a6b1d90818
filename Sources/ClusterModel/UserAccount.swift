/// An account that exists on every machine.
public struct UserAccount: Sendable, Hashable {
    public let name: String
    /// Public keys in the form of an `authorized_keys` line.
    public let sshKeys: [String]
}
