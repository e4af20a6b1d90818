import BundleFormat
import Values

/// Why a run ended early. Whatever had been begun is taken back or recorded before this is thrown.
enum ApplyError: Error, Sendable, CustomStringConvertible {
    /// How the process ends.
    enum ExitCode: Int32, Sendable {
        case done = 0
        /// The seed or depot is at fault, the machine drifted, or a service did not come up.
        case refused = 1
        case usage = 2
        /// The machine is at fault: a full disk, a file in the way, a missing program.
        case environment = 3
    }

    case usage(String)
    case missingSeed(String)
    case missingDepot(String)
    case badDocument(path: String, reason: String)
    case missingSource(path: String, target: String)
    case wrongDigest(path: String, expected: Digest, found: Digest)
    case anotherMachine(found: String, recorded: String)
    case wrongArchitecture(found: Architecture, machine: String)
    case nothingToRollBack(String)
    case diskFull(path: String)
    case readOnly(path: String)
    case system(call: String, path: String, Errno)
    case notFile(path: String, found: String)
    case notDirectory(path: String, found: String)
    case foreignLink(path: String, target: String)
    case unknownAccount(name: String, isGroup: Bool, path: String)
    case notRoot
    case locked(path: String)
    case damagedState(path: String, reason: String)
    case missingProgram(String)
    case commandFailed(command: String, status: Int32, output: String)

    /// The error of a system call on `path`, told as what it means where that is known.
    init(_ call: String, _ path: String, _ error: Errno) {
        switch error.code {
        case Kernel.noSpace, Kernel.quotaExceeded: self = .diskFull(path: path)
        case Kernel.readOnly: self = .readOnly(path: path)
        default: self = .system(call: call, path: path, error)
        }
    }

    var exitCode: ExitCode {
        switch self {
        case .usage: .usage
        case .badDocument, .missingSource, .wrongDigest, .anotherMachine, .wrongArchitecture, .nothingToRollBack:
            .refused
        default: .environment
        }
    }

    var description: String {
        switch self {
        case .usage(let reason): "\(reason). slipway-apply --help lists what can be asked."
        case .missingSeed(let path):
            "no seed: expected \(path)/\(MachineManifest.path). Mount the machine's seed there, or name another place with --seed."
        case .missingDepot(let path):
            "no depot: expected \(path)/\(DepotManifest.path). Attach the bundle's depot, or name another place with --depot."
        case .badDocument(let path, let reason):
            "\(path): \(reason). Make the bundle again, or use the applier that belongs to it."
        case .missingSource(let path, let target):
            "\(path) is missing, which \(target) is placed from. The seed or depot is incomplete: make it again."
        case .wrongDigest(let path, let expected, let found):
            "\(path) has digest \(found), expected \(expected). It was damaged or exchanged; nothing was taken from it."
        case .anotherMachine(let found, let recorded):
            "the seed is for \(found), and this machine is \(recorded). Attach its own seed, or say --force to make it another machine."
        case .wrongArchitecture(let found, let machine):
            "the seed is for \(found), and this machine is \(machine). Attach a seed that was made for it."
        case .nothingToRollBack(let reason): "there is nothing to roll back to: \(reason)."
        case .diskFull(let path): "the disk is full: \(path) could not be written. Make room and run again."
        case .readOnly(let path): "\(path) is on a file system mounted read-only. Mount it writable and run again."
        case .system(let call, let path, let error): "\(call) of \(path) failed: \(error.text)."
        case .notFile(let path, let found): "\(path) is \(found) where a file must go. Move it away and run again."
        case .notDirectory(let path, let found):
            "\(path) is \(found) where a directory must be. Move it away and run again."
        case .foreignLink(let path, let target):
            "\(path) is a symbolic link to \(target) that root did not make; it is not followed. Replace it by a directory."
        case .unknownAccount(let name, let isGroup, let path):
            "\(path) belongs to \(isGroup ? "group" : "user") \(name), which does not exist here. "
                + "cloud-init makes login accounts: see that it finished, and run again."
        case .notRoot: "only root may change this machine. Run it with sudo, or name another root with --root."
        case .locked(let path): "another slipway-apply is at work (it holds \(path)). Wait for it to end."
        case .damagedState(let path, let reason):
            "\(path): \(reason). This record of earlier runs is damaged; move it away to begin anew."
        case .missingProgram(let name): "\(name) is not installed. The machine's image must bring it."
        case .commandFailed(let command, let status, let output):
            "\(command) ended with status \(status)\(output.isEmpty ? "" : ": " + output)"
        }
    }
}
