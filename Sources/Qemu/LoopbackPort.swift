import HostSystem
import Launching

extension LoopbackPort {
    /// The port that was asked for, or the one of the last time, or else one that the instance's tag leads to, so that it is
    /// mostly the same after a destroy.
    ///
    /// - Throws: ``LaunchError/portInUse(_:)`` only for a port that was asked for.
    static func choose(
        wanted: Int?, last: Int?, tag: String, isFree: (Int) -> Bool = isFree
    ) throws(LaunchError) -> Int {
        if let wanted {
            guard isFree(wanted) else { throw .portInUse(wanted) }
            return wanted
        }
        // Below the range that Linux and macOS give to outgoing connections.
        let first = 22_000 + (Int(tag.suffix(4), radix: 16) ?? 0) % 8_000
        let candidates = (last.map { [$0] } ?? []) + (0..<1000).map { 22_000 + (first - 22_000 + $0) % 8_000 }
        guard let port = candidates.first(where: isFree) else { throw .portInUse(first) }
        return port
    }
}
