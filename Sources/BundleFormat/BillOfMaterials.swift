import Values

extension BundleDescription {
    /// A software bill of materials in SPDX 2.3 (ISO/IEC 5962): every payload with its release, origin and digest. It says nothing
    /// that the description does not, in words that other programs know.
    public var billOfMaterials: JSONValue {
        [
            "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0",
            "name": .string("slipway-\(name)"),
            // The namespace must be unique for a document; the same cluster at the same epoch is the same document.
            "documentNamespace": .string("https://slipway.dev/sbom/\(name)/\(epoch)"),
            "creationInfo": [
                "created": .string("\(epoch)"), "creators": [.string("Tool: slipway-\(toolVersion)")],
            ],
            "packages": .array(payloads.map(Self.package)),
            "relationships": .array(
                payloads.map {
                    [
                        "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                        "relatedSpdxElement": .string(Self.identifier($0)),
                    ]
                }),
        ]
    }

    private static func package(_ payload: DescribedPayload) -> JSONValue {
        var object = JSONObject([
            ("SPDXID", .string(identifier(payload))), ("name", .string(payload.name)),
            ("versionInfo", .string(payload.release)), ("downloadLocation", .string(payload.url ?? "NOASSERTION")),
            ("filesAnalyzed", false), ("licenseConcluded", "NOASSERTION"), ("licenseDeclared", "NOASSERTION"),
            ("copyrightText", "NOASSERTION"),
        ])
        if let digest = payload.digest {
            object["checksums"] = [["algorithm": "SHA256", "checksumValue": .string(digest.hex)]]
        }
        return .object(object)
    }

    /// SPDX identifiers hold letters, digits, dots and dashes.
    private static func identifier(_ payload: DescribedPayload) -> String {
        "SPDXRef-Package-"
            + payload.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "." ? String($0) : "-" }.joined()
    }
}
