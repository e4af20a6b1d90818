public import Diagnostics
public import Values

/// `registries.yaml`: where else the images of registries are asked for. It is no part of a topology, since it changes where bytes come from
/// and never which: a digest pins them. Written as K3s and RKE2 write it, so that a site's file does for both.
///
///     mirrors:
///       docker.io:
///         endpoint: [https://registry.example:5000]
///       "*":
///         endpoint: [https://harbor.example/v2/everything]
///
/// Endpoints are asked in their order, and the registry itself last. See ``Values/RegistryEndpoint`` for what one may be. Credentials stand in
/// Docker's `config.json`, by the mirror's own host.
public enum RegistriesFile {
    /// Where it stands: `$XDG_CONFIG_HOME/slipway/registries.yaml`, else below `~/.config`.
    ///
    /// - Returns: nil when the environment names no home.
    public static func standardPath(_ environment: [String: String]) -> String? {
        let configuration =
            environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? environment["HOME"].map { "\($0)/.config" }
        return configuration.map { "\($0)/slipway/registries.yaml" }
    }

    private static let endpoint = Rule<RegistryEndpoint> { text in
        Result { () throws(RegistryEndpoint.ParseFailure) in try RegistryEndpoint(parsing: text) }.mapError {
            Refusal(message: "\($0)", help: "expected an address such as https://registry.example:5000")
        }
    }

    /// Reads the text and reports what is wrong with it.
    public static func read(_ source: SourceText, into report: inout Report) -> RegistryMirrors {
        guard let document = YAMLParser.parse(source, &report) else { return RegistryMirrors() }
        var mirrors: [String: [RegistryEndpoint]] = [:]
        var reader = MappingReader(document.root, document: document, path: "", &report)
        reader.mapping("mirrors", &report) { entries, report in
            for (key, node) in entries.entries() {
                guard let name = key.value == "*" ? "*" : RegistryHost(key.value)?.description else {
                    report.error(
                        entries.path, "'\(printable(key.value))' is not a registry", at: key.position,
                        help: "expected a host such as docker.io, or \"*\" for all others")
                    continue
                }
                var fields = MappingReader(node, document: document, path: entries.subject(key.value), &report)
                mirrors[name] = fields.settings("endpoint", endpoint, &report).compactMap(\.value)
                fields.finish(&report)
            }
        }
        reader.finish(&report)
        return RegistryMirrors(mirrors)
    }
}
