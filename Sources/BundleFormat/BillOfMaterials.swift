public import Values

/// What of a cluster somebody else has made: each payload, and each package of a payload that is several. One list, from which the
/// bill of materials and the provenance are written.
struct Component: Hashable {
    /// Unique in a bundle: the payload's name, or that and the package's file.
    let key: String
    let name: String
    let version: String
    /// Nil for a payload that no lock pins.
    let digest: Digest?
    /// A package URL (ECMA-427); nil where no kind of it fits.
    let purl: String?
    /// Where one file was had over HTTPS.
    let address: String?
    let licence: DeclaredLicence?
    /// SPDX 2.3, 7.24.
    let purpose: String
    /// What is worth knowing of the digest; nil where it is a file's.
    let comment: String?
    /// The packages of a payload that is several, sorted by file.
    var parts: [Component] = []

    init(_ payload: DescribedPayload, members: [PayloadMember]?, architecture: Architecture) {
        (key, name, version) = (payload.name, payload.name, payload.release)
        (digest, licence) = (payload.digest, payload.licence)
        address = payload.url?.hasPrefix("https://") == true ? payload.url : nil
        switch payload.kind {
        case .image:
            let prefix = "docker://"
            let named = payload.url.flatMap { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : nil }
            let reference = named.flatMap { try? ImageReference(parsing: $0) }
            purl = payload.digest.flatMap { digest in
                reference.map { PackageURL.image($0, digest, architecture) }
            }
            comment = reference.map { _ in "The digest is that of the image's manifest." }
        case .deb:
            purl = nil
            comment = members.map { _ in
                "The digest is that of what sha256sum prints for the packages in the locale C."
            }
        case .binary, .archive, .disk:
            purl = PackageURL.file(name, version, payload.digest, at: address)
            comment = nil
        }
        purpose =
            switch payload.kind {
            case .binary: "APPLICATION"
            case .archive: "ARCHIVE"
            case .deb: "INSTALL"
            case .image: "CONTAINER"
            // As the schema of 2.3 spells it; the text has a dash.
            case .disk: "OPERATING_SYSTEM"
            }
        parts = (members ?? []).map { Component(package: $0, of: payload) }
    }

    /// A file `NAME_VERSION_ARCHITECTURE.deb`, in which archives write the colon of an epoch as `%3a`.
    private init(package: PayloadMember, of payload: DescribedPayload) {
        let parts = package.path.dropLast(".deb".count).split(separator: "_").map(String.init)
        let isWhole = parts.count == 3
        key = "\(payload.name)/\(package.path)"
        name = isWhole ? parts[0] : package.path
        version = isWhole ? parts[1].replacing("%3a", with: ":") : payload.release
        digest = package.digest
        purl = isWhole ? PackageURL.package(name, version, parts[2], of: payload.release) : nil
        (address, licence, comment) = (nil, nil, nil)
        purpose = "INSTALL"
    }
}

extension BundleDescription {
    /// In the order of the payloads.
    var components: [Component] {
        var packages: [String: [PayloadMember]] = [:]
        for payload in configurations.lazy.flatMap(\.payloads) where payload.kind == .deb {
            packages[payload.name] = payload.members
        }
        return payloads.map { Component($0, members: packages[$0.name], architecture: architecture) }
    }

    /// A software bill of materials in SPDX 2.3 (ISO/IEC 5962): every payload, every package and every image with version, digest and
    /// origin, and the licence where upstream declares one. It says nothing that the description does not, in words that other
    /// programs know.
    ///
    /// - Parameter description: the digest of this document, which makes the name of the bill unique as SPDX wants it.
    public func billOfMaterials(of description: Digest) -> JSONValue {
        let whole = "SPDXRef-Bundle"
        var packages: [JSONValue] = [bundlePackage(whole)]
        var relationships = [Self.relationship("SPDXRef-DOCUMENT", "DESCRIBES", whole)]
        for component in components {
            packages.append(component.spdxPackage)
            relationships.append(Self.relationship(whole, "CONTAINS", component.spdxIdentifier))
            for part in component.parts {
                packages.append(part.spdxPackage)
                relationships.append(Self.relationship(component.spdxIdentifier, "CONTAINS", part.spdxIdentifier))
            }
        }
        return [
            "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0",
            "name": .string("slipway-\(name)"),
            "documentNamespace": .string("https://slipway.dev/sbom/\(name)-\(description.hex)"),
            "creationInfo": [
                "created": .string("\(epoch)"), "creators": [.string("Tool: slipway-\(toolVersion)")],
            ],
            "packages": .array(packages), "relationships": .array(relationships),
        ]
    }

    /// The bundle itself: configuration, which is its owner's.
    private func bundlePackage(_ identifier: String) -> JSONValue {
        [
            "SPDXID": .string(identifier), "name": .string("slipway-\(name)"), "versionInfo": .string("\(epoch)"),
            "downloadLocation": "NOASSERTION", "filesAnalyzed": false, "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION", "primaryPackagePurpose": "INSTALL",
            "comment": .string("A Kubernetes \(kubernetesVersion) cluster of \(machines.count) machines."),
        ]
    }

    private static func relationship(_ element: String, _ type: String, _ related: String) -> JSONValue {
        [
            "spdxElementId": .string(element), "relationshipType": .string(type),
            "relatedSpdxElement": .string(related),
        ]
    }
}

extension Component {
    /// Letters, digits, dots and dashes are allowed; what else a key has is written by its number, so that two keys are never one.
    fileprivate var spdxIdentifier: String {
        "SPDXRef-Payload-"
            + key.unicodeScalars.map { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", ".": String(scalar)
                case "-": "--"
                default: "-\(scalar.value)-"
                }
            }.joined()
    }

    fileprivate var spdxPackage: JSONValue {
        var object = JSONObject([
            ("SPDXID", .string(spdxIdentifier)), ("name", .string(name)), ("versionInfo", .string(version)),
            ("downloadLocation", .string(address ?? "NOASSERTION")), ("filesAnalyzed", false),
            ("licenseConcluded", "NOASSERTION"), ("licenseDeclared", .string(licence?.expression ?? "NOASSERTION")),
            ("copyrightText", "NOASSERTION"), ("primaryPackagePurpose", .string(purpose)),
        ])
        if let digest { object["checksums"] = [["algorithm": "SHA256", "checksumValue": .string(digest.hex)]] }
        object["licenseComments"] = licence.map { .string("Declared at \($0.address)") }
        object["comment"] = comment.map { .string($0) }
        if let purl {
            object["externalRefs"] = [
                [
                    "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                    "referenceLocator": .string(purl),
                ]
            ]
        }
        return .object(object)
    }
}

/// A licence as upstream declares it.
public struct DeclaredLicence: Hashable, Sendable {
    /// A licence expression (SPDX 2.3, Annex D), such as `Apache-2.0`.
    public let expression: String
    /// The page that says so, `https://…`.
    public let address: String

    public init(_ expression: String, at address: String) {
        self.expression = expression
        self.address = address
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["expression", "address"])
        expression = try cursor.required("expression").line(limit: 256)
        address = try cursor.required("address").line(limit: 4096)
    }

    var json: JSONValue { ["expression": .string(expression), "address": .string(address)] }
}

/// Package URLs in their one spelling: qualifiers in the order of their names, and everything written by number but letters, digits
/// and a few marks.
enum PackageURL {
    /// - Parameter distribution: `debian-13`, as the topology has it.
    static func package(_ name: String, _ version: String, _ architecture: String, of distribution: String) -> String {
        let vendor = distribution.prefix { $0 != "-" }
        return "pkg:deb/\(encoded(String(vendor)))/\(encoded(name))@\(encoded(version))?arch=\(encoded(architecture))"
            + "&distro=\(encoded(distribution))"
    }

    static func image(_ image: ImageReference, _ digest: Digest, _ architecture: Architecture) -> String {
        let repository = "\(image.registry)/\(image.repository)"
        let name = repository.split(separator: "/").last.map(String.init) ?? repository
        return "pkg:oci/\(encoded(name))@\(encoded("\(digest)"))?arch=\(architecture.rawValue)"
            + "&repository_url=\(encoded(repository, besides: "/"))"
            + (image.tag.map { "&tag=\(encoded($0))" } ?? "")
    }

    static func file(_ name: String, _ version: String, _ digest: Digest?, at address: String?) -> String {
        let qualifiers = [
            digest.map { "checksum=\(encoded("\($0)"))" },
            address.map { "download_url=\(encoded($0, besides: "/"))" },
        ].compactMap(\.self)
        return "pkg:generic/\(encoded(name))@\(encoded(version))"
            + (qualifiers.isEmpty ? "" : "?" + qualifiers.joined(separator: "&"))
    }

    private static func encoded(_ text: String, besides more: String = "") -> String {
        text.utf8.map { byte in
            switch byte {
            case 48...57, 65...90, 97...122: return String(UnicodeScalar(byte))
            default:
                if ".-_~:".utf8.contains(byte) || more.utf8.contains(byte) { return String(UnicodeScalar(byte)) }
                return "%" + Hexadecimal.text([byte]).uppercased()
            }
        }.joined()
    }
}
