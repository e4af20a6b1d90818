public import HostSystem
import Values

/// Why packages of a distribution could not be found or believed; `description` says what to do.
public enum DebianError: Error, Hashable, Sendable, CustomStringConvertible, SystemFailure {
    case system(SystemError)
    /// `curl` or `gpgv` is not installed.
    case missingTool(String)
    /// The keys of the distribution's archive are not where they were looked for.
    case missingKeyring(path: String)
    case transfer(address: String, message: String)
    /// More came than the release or a limit allows, or something else.
    case wrongContent(address: String, reason: String)
    /// Nobody whose key is in the keyring has signed these bytes.
    case notSigned(address: String, keyrings: [String], reason: String)
    /// Properly signed, but not what was asked for, or not now.
    case wrongRelease(address: String, reason: String)
    /// Not the format that Debian Policy describes.
    case malformed(subject: String, line: Int, reason: String)
    case unknownPackage(name: String)
    /// The name stands for several packages.
    case ambiguous(name: String, providers: [String])
    case unsatisfied(package: String, relation: String, reason: String)
    case conflict(package: String, other: String, relation: String)
    /// A package must be installed before itself.
    case circular(package: String)
    /// More packages than a machine would ever be given.
    case tooMany(limit: Int)

    public init(_ error: SystemError) { self = .system(error) }

    /// Whether the machine or the network is at fault, rather than what was asked for.
    public var isEnvironment: Bool {
        switch self {
        case .system, .missingTool, .missingKeyring, .transfer: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .system(let error): error.description
        case .missingTool("gpgv"):
            "gpgv is not installed; signatures of distributions are verified with it. On a Mac: brew install gnupg; "
                + "on Debian and Ubuntu: sudo apt install gpgv"
        case .missingTool(let name): "\(name) is not installed; packages are fetched with it"
        case .missingKeyring(let path):
            "there is no keyring \(path) to verify the distribution's signature with. On Debian and Ubuntu: sudo apt install "
                + "\(Self.keyringPackage(path)). On a Mac: \(Self.receiving(path)), then --keyring archive.gpg"
        case .transfer(let address, let message): "cannot fetch \(address): \(message)"
        case .wrongContent(let address, let reason):
            "\(address) is not what the signed release says: \(reason); nothing was kept. A mirror that is being updated "
                + "does this for some minutes: try again later"
        case .notSigned(let address, let keyrings, let reason):
            "the signature of \(address) is not good: \(reason). The keys were taken from "
                + "\(keyrings.joined(separator: ", ")); nothing of it is used"
        case .wrongRelease(let address, let reason): "\(address) is refused: \(reason)"
        case .malformed(let subject, let line, let reason): "\(subject), line \(line): \(reason)"
        case .unknownPackage(let name):
            "the distribution has no package \"\(printable(name))\"; search for it at packages.debian.org or packages.ubuntu.com"
        case .ambiguous(let name, let providers):
            "\"\(name)\" is provided by several packages: \(providers.joined(separator: ", ")); name one of them"
        case .unsatisfied(let package, let relation, let reason): "\(package) needs \(relation): \(reason)"
        case .conflict(let package, let other, let relation):
            "\(package) and \(other) cannot be installed together (\(package): \(relation))"
        case .circular(let package):
            "\(package) pre-depends on packages that depend on it; no order of installing them is right"
        case .tooMany(let limit): "more than \(limit) packages would be needed; ask for fewer"
        }
    }

    /// By fingerprints, so that it does not matter who hands the keys out: those of the packages debian-archive-keyring 2025.1 and
    /// ubuntu-keyring 2023.11.28.
    private static func receiving(_ path: String) -> String {
        let keys =
            path.contains("ubuntu")
            ? "F6ECB3762474EDA9D21B7022871920D1991BC93C"
            : "04B54C3CDCA79751B16BC6B5225629DF75B188BD 5E04A1E3223A19A20706E20F9904613D4CCE68C6"
        return "gpg --keyserver hkps://keyserver.ubuntu.com --recv-keys \(keys) && gpg --export \(keys) >archive.gpg"
    }

    private static func keyringPackage(_ path: String) -> String {
        path.contains("ubuntu") ? "ubuntu-keyring" : "debian-archive-keyring"
    }
}
