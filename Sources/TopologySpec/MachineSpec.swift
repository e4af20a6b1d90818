public import Diagnostics

/// One entry of `machines:` — a machine, or with `count` a group of equal ones.
///
/// A group `{name: worker, count: 3, address: 192.168.64.41}` stands for worker-1 at .41, worker-2 at .42, worker-3 at .43.
public struct MachineSpec: Sendable {
    public var name: Located<String>?
    public var role: Located<String>?
    public var address: Located<String>?
    public var count: Located<Int>?
    public var cpus: Located<Int>?
    /// Written with a binary unit: `2GiB`, `512MiB`.
    public var memory: Located<String>?
    public var disk: Located<String>?
    public var mac: Located<String>?
    public let position: SourcePosition

    public init(position: SourcePosition) { self.position = position }
}
