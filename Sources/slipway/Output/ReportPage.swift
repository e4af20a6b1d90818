import BuildPlan
import BundleFormat
import Comparing
import PKI
import Unbundling
import Values

/// A bundle as one HTML page.
struct ReportPage {
    /// Different contents of one path that are shown: the files of a thousand workers are alike.
    private static let variants = 32
    /// Rows of machines and certificates: more than a person reads.
    private static let rows = 2000

    let bundle: Unbundling.Bundle
    /// Nil without the secret part.
    let certificates: CertificateTree?
    let lock: Lock?
    /// With the name of the earlier bundle.
    let difference: (ClusterDifference, since: String)?

    private var description: BundleDescription { bundle.description }

    /// - Throws: what reading the bundle throws.
    var text: String {
        get throws {
            var sections = [
                ("picture", "Picture", picture), ("machines", "Machines", machines), ("files", "Files", try files),
                ("certificates", "Certificates", certificateTable), ("payloads", "Payloads", payloads),
                ("materials", "Bill of materials", try materials),
            ]
            if let difference {
                let text = DiffOutput.text(difference.0, nil, (difference.since, bundle.file))
                let body =
                    difference.0.isEmpty
                    ? "<p>Nothing is different.</p>" : "<pre tabindex=\"0\">\(HTML.escaped(text))</pre>"
                sections.insert(("differences", "Differences", body), at: 1)
            }
            let links = sections.map { "<li><a href=\"#\($0.0)\">\($0.1)</a></li>" }.joined()
            return HTML.page(
                title: "\(description.name): a cluster of \(description.machines.count) machines",
                style: Self.style,
                body: """
                    <header>
                    <h1>\(HTML.escaped(description.name))</h1>
                    <p>A cluster of \(description.machines.count) machines, as slipway \(HTML.escaped(description.toolVersion)) compiled it</p>
                    </header>
                    <nav aria-label="Sections"><ul>\(links)</ul></nav>
                    <main>
                    \(facts)
                    \(sections.map { "<section id=\"\($0.0)\"><h2>\($0.1)</h2>\($0.2)</section>" }.joined(separator: "\n"))
                    </main>
                    """)
        }
    }

    private var facts: String {
        HTML.facts([
            ("Kubernetes", "\(description.kubernetesVersion), on \(description.architecture.rawValue)"),
            ("API", "<code>\(HTML.escaped(description.api.url))</code>"),
            ("Epoch", "<time>\(description.epoch)</time>"),
            ("Public digest", HTML.digest(bundle.publicDigest)), ("Bundle digest", HTML.digest(bundle.bundleDigest)),
            ("Topology", HTML.digest(description.inputs.topology)),
            ("Lock file", description.inputs.lock.map(HTML.digest) ?? "none"),
        ])
    }

    private var picture: String {
        let picture = ClusterPicture(ClusterGraph(bundle.launchPlan))
        return HTML.wide(picture.picture, label: "Picture of the machines")
            + HTML.table(
                ["Arrow", "From and to", "Port", "The caller shows", "What for"],
                picture.rows.map { $0.map(HTML.escaped) }, empty: "Nobody talks to anybody.",
                caption: "Who talks to whom.")
    }

    private var machines: String {
        let plan = zip(description.machines, bundle.launchPlan.machines)
        return HTML.table(
            ["Machine", "Role", "Address", "MAC", "CPUs", "Memory", "Disk", "Line"],
            plan.prefix(Self.rows).map { machine, definition in
                [
                    machine.name, machine.role.rawValue, "\(machine.address)", "\(machine.mac)", "\(definition.cpus)",
                    "\(definition.memory)", "\(definition.disk)", "\(machine.line)",
                ].map(HTML.escaped)
            }, empty: "There are none.", caption: "Line is the line of the topology that describes the machine.")
            + more(description.machines.count)
    }

    private func more(_ count: Int) -> String {
        count > Self.rows ? "<p>\(count - Self.rows) more are in the bundle.</p>" : ""
    }

    // MARK: Files

    /// By path; contents that several machines have stand there once.
    private var files: String {
        get throws {
            var holders: [Int: [String]] = [:]
            for machine in description.machines {
                for file in machine.files { holders[file, default: []].append(machine.name) }
            }
            var byPath: [String: [Int]] = [:]
            for (number, file) in description.files.enumerated() { byPath[file.path, default: []].append(number) }
            let entries = try byPath.keys.sorted().map { path in
                try entry(path, (byPath[path] ?? []).map { (description.files[$0], holders[$0] ?? []) })
            }
            let own = description.operatorFiles.map { file in
                HTML.details(
                    "<code>operator:\(HTML.escaped(file.path))</code>",
                    origin(file.origin, "\(file.permissions)", file.exposure))
            }
            return "<p>Each file once, with the machines that have it and what made it.</p>\n"
                + (entries + own).joined(separator: "\n")
        }
    }

    private func entry(_ path: String, _ variants: [(DescribedFile, [String])]) throws -> String {
        guard let first = variants.first?.0 else { return "" }
        let count = variants.reduce(0) { $0 + $1.1.count }
        var body = origin(first.origin, "\(first.permissions) \(first.owner):\(first.group)", first.exposure)
        for (file, machines) in variants.prefix(Self.variants) {
            body += "<h3>\(HTML.escaped(some(machines)))</h3>"
            if file.exposure == .open, let digest = file.digest, let size = file.size {
                let bytes = try bundle.bytes(
                    of: Descriptor(mediaType: MediaTypes.file, digest: digest, size: size))
                body += "<pre tabindex=\"0\">\(HTML.escaped(String(decoding: bytes, as: UTF8.self)))</pre>"
            }
        }
        if variants.count > Self.variants {
            let rest = variants.dropFirst(Self.variants).reduce(0) { $0 + $1.1.count }
            body += "<p>\(rest) more machines have one of their own, which slipway cat shows.</p>"
        }
        let note = count == 1 ? "1 machine" : "\(count) machines"
        return HTML.details("<code>\(HTML.escaped(path))</code> <span>\(note)</span>", body)
    }

    private func origin(_ origin: String, _ rights: String, _ exposure: Exposure) -> String {
        let purpose = FilePurpose.of(origin: origin)
        let shown =
            switch exposure {
            case .open: "open"
            case .derived: "follows from the secrets file, and is not shown here"
            case .secret: "secret, and not shown"
            }
        return HTML.facts(
            [
                ("What for", purpose.map { HTML.escaped($0.sentence) } ?? "a file of other templates"),
                ("Settings", purpose.map { document($0.document) } ?? "not known"),
                ("Made by", "<code>\(HTML.escaped(origin.contains(":") ? origin : "templates/\(origin)"))</code>"),
                ("Rights", "<code>\(HTML.escaped(rights))</code>, \(shown)"),
            ])
    }

    private func document(_ name: String) -> String {
        name.hasPrefix("https://")
            ? "<a href=\"\(HTML.escaped(name))\" rel=\"noreferrer\">\(HTML.escaped(name))</a>" : HTML.escaped(name)
    }

    private func some(_ names: [String]) -> String {
        names.count <= 6
            ? names.joined(separator: ", ")
            : names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more"
    }

    // MARK: Certificates and payloads

    /// A cell that wraps, also in the middle of a word, and keeps a width that can be read.
    private func long(_ text: String) -> String {
        text.isEmpty ? "" : "<span class=\"long\">\(HTML.escaped(text))</span>"
    }

    private var certificateTable: String {
        guard let certificates else { return "<p>They are in the secret part, which was not at hand.</p>" }
        let all = certificates.all
        return HTML.table(
            ["Certificate", "Good from", "Until", "Names", "Where"],
            all.prefix(Self.rows).map { node, depth in
                [
                    "<span class=\"depth\" style=\"--depth:\(depth)\">\(HTML.escaped(node.certificate.subject))</span>",
                    "<time>\(node.certificate.notBefore.day)</time>", "<time>\(node.certificate.notAfter.day)</time>",
                    long(node.certificate.names.joined(separator: " ")), long(some(node.places)),
                ]
            }, empty: "There are none.", caption: "Each stands below the authority that signed it.") + more(all.count)
    }

    private var payloads: String {
        HTML.table(
            ["Payload", "Release", "Kind", "Bytes", "Verified", "Digest"],
            description.payloads.map { payload in
                let verified = lock?[payload.name]?.verified
                return [
                    HTML.escaped(payload.name), HTML.escaped(payload.release), payload.kind.rawValue,
                    payload.size.map { "\($0)" } ?? "not known",
                    payload.digest == nil
                        ? "not pinned"
                        : HTML.escaped(verified.map { "\($0)" } ?? (lock == nil ? "see the lock file" : "not said")),
                    payload.digest.map(HTML.digest) ?? "not pinned",
                ]
            }, empty: "There are none.")
    }

    /// From the bundle's own document, so that it says what other programs read there.
    private var materials: String {
        get throws {
            guard let document = bundle.documents.first(where: { $0.name == "sbom.spdx.json" }) else {
                return "<p>The bundle has none.</p>"
            }
            let value = try JSONParser.parse(bundle.bytes(of: document.descriptor), limits: JSONLimits(depth: 8))
            guard case .object(let whole) = value, case .array(let packages) = whole["packages"] else {
                return "<p>The bundle has none.</p>"
            }
            let rows = packages.compactMap { package -> [String]? in
                guard case .object(let package) = package else { return nil }
                func text(_ key: String) -> String {
                    if case .string(let text) = package[key] { HTML.escaped(text) } else { "" }
                }
                var address = ""
                if case .array(let references) = package["externalRefs"],
                    case .object(let reference) = references.first,
                    case .string(let locator) = reference["referenceLocator"]
                {
                    address = "<code class=\"digest\">\(HTML.escaped(locator))</code>"
                }
                return [text("name"), text("versionInfo"), text("licenseDeclared"), address]
            }
            return HTML.table(["Name", "Version", "Licence", "Package URL"], rows, empty: "It is empty.")
        }
    }

    private static let style = """
        nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:0 0 1.5rem;padding:0}
        details{border-bottom:1px solid var(--line)}summary{cursor:pointer;padding:.4rem 0;overflow-wrap:anywhere}
        summary span{color:var(--soft);margin-left:.5rem}details>div{padding:0 0 1rem 1rem}
        details h3{font-size:.9rem;margin:1rem 0 .25rem}
        pre{margin:0;padding:.75rem;overflow-x:auto;border:1px solid var(--line);border-radius:.4rem;font:.8rem/1.45 ui-monospace,monospace}
        .depth{display:block;padding-left:calc(var(--depth)*1rem)}
        .long{display:block;min-width:13rem;white-space:normal;overflow-wrap:anywhere}
        svg.cluster{display:block;width:100%;max-width:60rem;min-width:50rem;height:auto}main svg.cluster .paper{fill:none}
        section{content-visibility:auto;contain-intrinsic-size:auto 40rem}
        """
}
