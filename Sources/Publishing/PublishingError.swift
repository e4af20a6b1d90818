public import HostSystem
public import Registry
import Values

/// Why a bundle could not be pushed or pulled; `description` says it in one sentence, `help` what to do.
public enum PublishingError: Error, Hashable, Sendable, CustomStringConvertible {
    case badReference(String, reason: String)
    case registry(RegistryError)
    case system(SystemError)
    /// What the registry has under the name is something else.
    case notABundle(reference: String, reason: String)
    /// A blob is not what its digest says, though it was brought twice.
    case wrongBlob(reference: String, digest: String)
    /// What was put together is not as Slipway writes a bundle.
    case damaged(reference: String, reason: String)
    case inTheWay(path: String)
    /// A bundle of which only the public part was published.
    case incomplete(file: String)

    /// Whether this computer or the network is at fault, rather than what was asked for.
    public var isEnvironment: Bool {
        switch self {
        case .registry(let error): error.isEnvironment
        case .system: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .badReference(let text, let reason): "'\(printable(text))' does not name a bundle in a registry: \(reason)"
        case .registry(let error): "\(error)"
        case .system(let error): "\(error)"
        case .notABundle(let reference, let reason):
            "\(reference) is no Slipway bundle: \(printable(reason, limit: 400))"
        case .wrongBlob(let reference, let digest):
            "a blob of \(reference) is not what its digest says: expected \(digest); nothing of it was kept"
        case .damaged(let reference, let reason):
            "\(reference) is damaged, and nothing was written: \(printable(reason, limit: 400))"
        case .inTheWay(let path): "\(path) is there already"
        case .incomplete(let file):
            "\(file) has only its public part, and registries take no index of which a part is missing"
        }
    }

    public var help: String? {
        switch self {
        case .badReference: "expected oci://HOST[:PORT]/NAME:TAG, such as oci://registry.example/clusters/ha:2026-11"
        case .wrongBlob, .damaged: "push the bundle again from where it was made"
        case .inTheWay: "name another file, or remove this one"
        case .incomplete: "push it sealed: slipway seal, of the bundle with its secret part"
        default: nil
        }
    }
}

extension PublishingError: RegistryFailure {
    public init(_ error: SystemError) { self = .system(error) }
    public init(_ error: RegistryError) { self = .registry(error) }
    public var registryError: RegistryError? {
        if case .registry(let error) = self { return error }
        return nil
    }
}

/// Where a bundle is in a registry: `oci://HOST[:PORT]/NAME:TAG`, to pull also `@sha256:…`.
public struct BundleReference: Hashable, Sendable, CustomStringConvertible {
    let image: ImageReference

    private static let scheme = "oci://"

    public init(parsing text: String) throws(PublishingError) {
        func refused(_ reason: String) -> PublishingError { .badReference(text, reason: reason) }
        guard text.hasPrefix(Self.scheme) else { throw refused("it does not begin with \(Self.scheme)") }
        let name = String(text.dropFirst(Self.scheme.count))
        do throws(ImageReference.ParseFailure) { image = try ImageReference(parsing: name) } catch {
            throw refused(error.reason)
        }
        // A name without a host would be one of Docker Hub's, and one without a tag the latest of something.
        guard let slash = name.firstIndex(of: "/"), RegistryHost(name[..<slash]) == image.registry,
            name[slash...].contains(":")
        else { throw refused("it lacks the host, or the tag") }
    }

    /// Nil for one that is known by its digest alone.
    public var tag: String? { image.tag }

    public var description: String { Self.scheme + image.description }
}
