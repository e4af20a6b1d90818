import Archive
import BundleFormat
import Values

/// The template files as they were read, with their digests for the description.
public struct TemplateSources: Sendable {
    /// Text by path below the templates directory.
    public let texts: [String: String]

    /// What explains templates to people (`.md`) is left out: it is in no bundle.
    public init(texts: [String: String]) { self.texts = texts.filter { !$0.key.hasSuffix(".md") } }

    /// The digest of each template, sorted by path.
    var digests: [(path: String, digest: Values.Digest)] {
        texts.map { ($0.key, Values.Digest(hashing: Array($0.value.utf8))) }.sorted { $0.path < $1.path }
    }
}
