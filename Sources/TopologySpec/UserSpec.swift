public import Diagnostics

/// One entry of `users:` — an account on every machine that logs in with SSH keys only.
public struct UserSpec: Sendable {
    public var name: Located<String>?
    public var sshKeys: [Located<String>] = []
    public let position: SourcePosition

    public init(position: SourcePosition) { self.position = position }
}
