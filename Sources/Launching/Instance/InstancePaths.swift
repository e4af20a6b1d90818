import Archive
import BundleFormat
import Foundation
import HostSystem
import SystemPackage
import Values

/// Where everything of one instance lies.
///
///     <state>/<name>/
///       instance.json            what it was made from
///       launch.json              the launch definitions of its bundle
///       operator/                SSH key and configuration, kubeconfig
///       depot/                   the payloads, one for all machines; for virtual machines only what it lists
///       depot.iso                the payloads, for virtual machines
///       images/                  what virtual machines boot from
///       snapshots.json           which snapshots there are
///       attempts.json            what was tried to send outside, where it is sealed off
///       drill.json               what a drill has broken and not healed yet
///       evidence.json            which bundles were brought up so, by whom signed, and when
///       machines/<machine>/      seed/ or seed.iso, and what the provider keeps
public struct InstancePaths: Hashable, Sendable {
    public let name: String
    /// The directory of all instances; absolute.
    public let root: String

    /// The directory of all instances: `$SLIPWAY_STATE`, or where the XDG base directory specification wants state.
    ///
    /// - Throws: ``LaunchError/noStateDirectory``
    public static func defaultRoot(_ environment: [String: String]) throws(LaunchError) -> String {
        func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
        if let root = environment["SLIPWAY_STATE"], !root.isEmpty { return absolute(root) }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return "\(state)/slipway" }
        guard let home = environment["HOME"], !home.isEmpty else { throw .noStateDirectory }
        return absolute("\(home)/.local/state/slipway")
    }

    /// - Throws: ``LaunchError/badName(_:)``
    public init(name: String, root: String) throws(LaunchError) {
        guard DNSLabel.isValid(name) else { throw .badName(name) }
        self.name = name
        self.root = root
    }

    public var directory: String { "\(root)/\(name)" }
    public var record: String { "\(directory)/instance.json" }
    public var launchPlan: String { "\(directory)/launch.json" }
    public var operatorFiles: String { "\(directory)/operator" }
    public var depot: String { "\(directory)/depot" }
    public var machines: String { "\(directory)/machines" }
    public func machine(_ name: String) -> String { "\(machines)/\(name)" }
    public func seed(of name: String) -> String { "\(machine(name))/seed" }
    /// Part of the seed, and there whatever form the seed has.
    public func machineManifest(of name: String) -> String { "\(seed(of: name))/\(MachineManifest.path)" }
    public func seedImage(of name: String) -> String { "\(machine(name))/seed.iso" }
    public var snapshots: String { "\(directory)/snapshots.json" }
    public var attempts: String { "\(directory)/attempts.json" }
    /// Locked by what counts them.
    var attemptsLock: String { "\(directory)/attempts.lock" }
    /// What it says when it fails.
    var attemptsErrors: String { "\(directory)/attempts.err" }
    public var drill: String { "\(directory)/drill.json" }
    /// Locked while a drill is at work.
    public var drillLock: String { "\(directory)/drill.lock" }
    public var evidence: String { "\(directory)/evidence.json" }
    public var depotImage: String { "\(directory)/depot.iso" }
    public var images: String { "\(directory)/images" }
    /// - Parameter file: as in ``InstanceRecord/bootFiles``.
    public func image(_ file: String) -> String { "\(images)/\(file)" }
    /// SSH's configuration, see ``SSHConfiguration``.
    public var sshConfig: String { "\(operatorFiles)/ssh_config" }

    /// Names what the instance has outside its directory: eight digits that two instances do not share, since no two
    /// have the same directory.
    public var tag: String { "slipway-\(Digest(hashing: Array(directory.utf8)).hex.prefix(8))" }
}

/// Held while a verb changes an instance; the kernel gives it back when the process ends, however it ends.
///
/// The lock is on the instance's directory itself, so there is no file that could be left behind.
final class InstanceLock: Sendable {
    private let directory: OwnedDescriptor

    /// Makes the directory when it is not there, and takes the lock.
    static func take(_ paths: InstancePaths) throws(LaunchError) -> InstanceLock {
        let path = paths.directory
        // More than once only when another process destroyed the instance between our two steps.
        for _ in 0..<5 {
            try Files.makeDirectory(path, mode: 0o700)
            do throws(Errno) {
                let directory = OwnedDescriptor(owning: try SystemCalls.openDirectory(path, follow: true))
                let isTaken = try SystemCalls.lock(directory.descriptor, wait: false)
                let identity = try SystemCalls.status(of: directory.descriptor).identity
                guard isTaken else { throw .wouldBlock }
                if Files.identity(of: path) == identity { return InstanceLock(directory) }
            } catch .noSuchFileOrDirectory {
                continue
            } catch .wouldBlock {
                throw .busy(instance: paths.name)
            } catch {
                throw LaunchError(SystemError("lock", path, error))
            }
        }
        throw .busy(instance: paths.name)
    }

    private init(_ directory: consuming OwnedDescriptor) { self.directory = directory }
}
