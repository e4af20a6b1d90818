public import HostSystem
public import Values

/// Why machines could not be brought to where a command wanted them; each says what to do next.
public enum LaunchError: Error, Hashable, Sendable, CustomStringConvertible {
    case noInstance(name: String, root: String)
    case nothingToDestroy(name: String, root: String)
    case noMachine(name: String, instance: String, known: [String])
    case notRunning(machine: String, instance: String)
    case busy(instance: String)
    case badName(String)
    case noStateDirectory
    case unusablePath(String)
    case damaged(path: String, reason: String)
    case anotherProvider(instance: String, provider: String, asked: String)
    case anotherCluster(instance: String, cluster: String, asked: String)
    case noSecretPart(bundle: String)
    /// What is in a bundle is not what the compiler puts there.
    case unusableBundle(bundle: String, reason: String)
    case noBaseTreeNamed
    case noBaseTree(path: String)
    case unpinnedBootFile(payload: String)
    case absentBootFile(payload: String, digest: Digest, store: String)
    case noDepot(path: String)
    case noApplier
    /// The failures among an examination's findings.
    case unfit([Finding])
    case unreadableLog(machine: String, instance: String)
    case unusableImage(String)
    case portInUse(Int)
    case controlFailed(machine: String, reason: String)
    case noAPI(instance: String)
    case noConsole(machine: String, reason: String)
    case noSnapshot(name: String, instance: String, known: [String])
    case snapshotExists(name: String, instance: String)
    case snapshotOfAnotherBundle(name: String, bundle: String, instance: String)
    case badSnapshotName(String)
    case unfinishedRestore(name: String, instance: String)
    case mustBeStopped(machines: [String], instance: String, provider: String)
    case cannotSealOff(String)
    case notSealedOffFromTheStart(instance: String)
    case notSealedOff(instance: String)
    case missingProgram(String)
    case commandFailed(command: String, status: Int32, output: String)
    case didNotStart(machine: String, console: String)
    case didNotStop(machine: String, processes: Int)
    case stalled(Stall)
    case system(call: String, path: String, reason: String)

    /// Whether this host is at fault, rather than what was asked for.
    public var isEnvironment: Bool {
        switch self {
        case .noInstance, .nothingToDestroy, .noMachine, .notRunning, .badName, .anotherProvider, .anotherCluster,
            .noSecretPart,
            .unusableBundle, .noBaseTreeNamed, .unpinnedBootFile, .unreadableLog,
            .unusableImage, .noSnapshot, .snapshotExists, .snapshotOfAnotherBundle, .badSnapshotName,
            .mustBeStopped, .notSealedOffFromTheStart, .notSealedOff:
            false
        default: true
        }
    }

    public var description: String {
        switch self {
        case .noInstance(let name, let root):
            "there is no instance '\(name)' in \(root). Make it with: slipway up BUNDLE --name \(name)"
        case .nothingToDestroy(let name, let root):
            "there is no instance '\(name)' in \(root), so there is nothing to destroy. Scripts that want it gone say --missing-ok."
        case .noMachine(let name, let instance, let known):
            "'\(instance)' has no machine '\(name)'; it has: \(known.joined(separator: ", "))"
        case .notRunning(let machine, let instance):
            "\(machine) is not running. Start it with: slipway start \(instance) \(machine)"
        case .busy(let instance): "another slipway is at work on '\(instance)'. Wait for it to end."
        case .badName(let name):
            "'\(name)' cannot name an instance: expected 1 to 63 of a-z, 0-9 and -, not beginning or ending with -"
        case .noStateDirectory: "there is no place for instances: neither SLIPWAY_STATE nor HOME is set"
        case .unusablePath(let path):
            "\(path) has a character that a mount option cannot hold (a comma, colon, backslash or space). Set SLIPWAY_STATE to another place."
        case .damaged(let path, let reason):
            "\(path): \(reason). The instance is damaged: destroy it, and bring it up again."
        case .anotherProvider(let instance, let provider, let asked):
            "'\(instance)' runs under \(provider), not \(asked). Omit --provider, or choose another --name."
        case .anotherCluster(let instance, let cluster, let asked):
            "'\(instance)' is the cluster \(cluster), and the bundle is for \(asked). Choose another --name."
        case .noSecretPart(let bundle):
            "\(bundle) has only its public part, without the machines' seeds. Bring up a bundle that was built with the secrets file."
        case .unusableBundle(let bundle, let reason): "\(bundle): \(reason). Build the bundle again."
        case .noBaseTreeNamed:
            "these machines share a base tree, and none is named. Name one with --base DIR; 'make lab-image' makes one at out/lab/base."
        case .unpinnedBootFile(let payload):
            "the machines boot from the payload '\(payload)', which no lock file pins. Name an image with --image FILE, or pin it with 'slipway lock' and build the bundle again."
        case .absentBootFile(let payload, let digest, let store):
            "the machines boot from the payload '\(payload)' (\(digest)), which is not in \(store). Bring it with 'slipway fetch SPEC', or name a file with --image FILE."
        case .noBaseTree(let path):
            "there is no base tree at \(path): expected a Debian tree with usr/lib/systemd. Make it with 'make lab-image', or name one with --base."
        case .noDepot(let path):
            "there is no depot at \(path): expected depot.json and slipway-apply. Make it with: slipway depot BUNDLE \(path) --directory"
        case .noApplier:
            "slipway-apply, which sets the machines up, is neither in the bundle nor in the store. Bring it with 'slipway fetch SPEC', or name a depot with --depot DIR."
        case .unfit(let findings):
            findings.map { $0.message + ($0.remedy.map { ". \($0)" } ?? "") }.joined(separator: "\n       ")
        case .unreadableLog(let machine, let instance):
            "\(machine) is stopped, and its journal is on its disk. 'slipway logs \(instance) \(machine) --console' shows what it wrote last."
        case .unusableImage(let reason): reason
        case .portInUse(let port):
            "port \(port) of 127.0.0.1 is in use by another program. Choose another --ssh-port, or omit it for one that is free."
        case .controlFailed(let machine, let reason): "\(machine): \(reason)"
        case .noAPI(let instance):
            "this host does not reach the API of '\(instance)': no port leads there. Its bundle was built without one, or the machines have not been started since: bring up a bundle of this version of slipway, then stop and start its machines. Until then: slipway ssh \(instance), and kubectl there."
        case .noConsole(let machine, let reason): "\(machine)'s console cannot be reached: \(reason)"
        case .noSnapshot(let name, let instance, let known):
            "'\(instance)' has no snapshot '\(name)'"
                + (known.isEmpty
                    ? ". Make one with: slipway snapshot \(instance) \(name)"
                    : "; it has: \(known.joined(separator: ", "))")
        case .snapshotExists(let name, let instance):
            "'\(instance)' has a snapshot '\(name)' already. Choose another name, or first: slipway snapshots \(instance) --delete \(name)"
        case .snapshotOfAnotherBundle(let name, let bundle, let instance):
            "the snapshot '\(name)' was taken under the bundle \(bundle), and '\(instance)' has another now. Bring that bundle up first."
        case .badSnapshotName(let name):
            "'\(name)' cannot name a snapshot: expected 1 to 63 of a-z, 0-9 and -, not beginning or ending with -"
        case .unfinishedRestore(let name, let instance):
            "the machines of '\(instance)' have in part the disks of the snapshot '\(name)': its restore was cut short. Finish it: slipway restore \(instance) \(name)"
        case .mustBeStopped(let machines, let instance, let provider):
            "\(provider) can do this only with machines that are stopped, and \(machines.joined(separator: ", ")) run. First: slipway stop \(instance)"
        case .cannotSealOff(let reason): "the machines cannot be sealed off: \(reason)"
        case .notSealedOffFromTheStart(let instance):
            "'\(instance)' was brought up without --sealed-off, and what its machines sent until now nobody counted. Choose another --name, or first: slipway destroy \(instance)"
        case .notSealedOff(let instance):
            "'\(instance)' is not sealed off, so nothing was counted that could be evidence. Bring it up with: slipway up BUNDLE --sealed-off"
        case .missingProgram(let name): "\(name) is not installed"
        case .commandFailed(let command, let status, let output):
            "'\(command)' ended with status \(status)" + (output.isEmpty ? "" : ": \(TerminalFilter.text(output))")
        case .didNotStart(let machine, let console):
            "\(machine) did not start"
                + (console.isEmpty ? ": its console is empty" : "; its console ends:\n\(console)")
        case .didNotStop(let machine, let processes):
            "\(processes) processes of \(machine) do not end even when killed; they wait for the kernel. Try again later."
        case .stalled(let stall): stall.description
        case .system(let call, let path, let reason): "cannot \(call) \(path): \(reason)"
        }
    }
}

extension LaunchError: SystemFailure {
    public init(_ error: SystemError) {
        self = .system(call: error.operation, path: error.path, reason: error.reason)
    }
}

typealias Files = HostSystem.Files<LaunchError>
typealias FileCopy = HostSystem.FileCopy<LaunchError>
typealias FileBatch = HostSystem.FileBatch<LaunchError>
