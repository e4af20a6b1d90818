/// The virtual hardware of a machine.
public struct MachineSize: Sendable, Hashable {
    public var cpus: Int
    public var memory: ByteSize
    public var disk: ByteSize
}
