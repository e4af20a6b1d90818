import HostSystem
public import Launching
import Values

/// Counts at a port of the switch: the recorder is the gateway there, which nobody else is. It answers for the gateway's card, so that
/// machines send it what they have for outside, and passes nothing on.
public enum QemuRecorder {
    /// What `slipway record-attempts qemu DIRECTORY` does.
    public static func run(_ paths: InstancePaths) throws(LaunchError) {
        try AttemptRecorder(paths, SwitchFrames(paths)).run()
    }
}

/// QEMU's stream network device: each frame with its length in four bytes before it. The switch is a hub, so that every frame comes
/// here; one that is begun anew is connected to again.
private final class SwitchFrames: FrameSource {
    private let paths: InstancePaths
    private var port: SwitchPort?
    private var bytes: [UInt8] = []

    let card: MACAddress? = MACAddress(locallyAdministered: Array("slipway-gateway".utf8))

    init(_ paths: InstancePaths) { self.paths = paths }

    func next() throws(LaunchError) -> [UInt8]? {
        if let frame = takeFrame() { return frame }
        let end = ContinuousClock.now + .seconds(1)
        do throws(UnixSocket.Failure) {
            if port == nil {
                bytes = []
                port = SwitchPort(try UnixSocket.connect(to: "\(paths.directory)/\(QemuNames.gateway)", until: end))
            }
            if let port { bytes += try port.socket.receive(until: end) }
        } catch .late {
            return nil
        } catch {
            port = nil
            LinuxProcessTable().pause(milliseconds: 200)
            return nil
        }
        return takeFrame()
    }

    private func takeFrame() -> [UInt8]? {
        guard bytes.count >= 4 else { return nil }
        let length = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        // As QEMU has it (NET_BUFSIZE): with more we have lost our place.
        guard length <= 4096 + 65_536 else {
            (port, bytes) = (nil, [])
            return nil
        }
        guard bytes.count >= 4 + length else { return nil }
        let frame = Array(bytes[4..<4 + length])
        bytes.removeFirst(4 + length)
        return frame
    }

    func answer(_ frame: [UInt8]) {
        let length = UInt32(frame.count)
        let head = [UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
        do throws(UnixSocket.Failure) {
            try port?.socket.send(head + frame, until: .now + .seconds(1))
        } catch { port = nil }
    }

    func takeLost() -> Int64 { 0 }

    /// What a virtual machine's processes do, nobody sees from outside.
    func sender(of frame: Frame, machine: String) -> AttemptLog.Sender? { nil }

    var isThere: Bool { Files.exists(paths.record) }
}

private final class SwitchPort {
    let socket: UnixSocket

    init(_ socket: consuming UnixSocket) { self.socket = socket }
}
