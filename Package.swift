// swift-tools-version: 6.2
import PackageDescription

/// Every target is held to the same rules; a warning is an error.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A stage of the pipeline: `Sources/NAME`.
func stage(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// Not a stage: a program of the build, which the plugin of the same name runs.
let embedTemplates: [Target] = [
    .executableTarget(name: "embed-templates", swiftSettings: settings),
    .plugin(
        name: "EmbedTemplates", capability: .buildTool(), dependencies: ["embed-templates"],
        exclude: ["templates", "drills"]),
]

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "slipway",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "slipway", targets: ["slipway"]),
        .executable(name: "slipway-apply", targets: ["slipway-apply"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    ],
    targets: [
        // In the order data flows; nothing points up.
        stage("Values"),
        .systemLibrary(name: "CLinux"),
        // Not "System": macOS has a framework of that name, which Foundation imports.
        stage("HostSystem", ["Values", "CLinux", systemPackage]),
        stage("Diagnostics"),
        stage("TopologySpec", ["Values", "Diagnostics", "BundleFormat", yams]),
        stage("ClusterModel", ["Values", "Diagnostics", "TopologySpec", crypto]),
        stage("BuildPlan", ["Values", "Diagnostics", "ClusterModel", "BundleFormat"]),
        stage("PKI", ["Values", "ClusterModel", crypto, x509, asn1]),
        stage("Artefacts", ["Values", "Diagnostics", "ClusterModel", "BuildPlan", "PKI", "BundleFormat"]),
        stage("BundleFormat", ["Values"]),
        .systemLibrary(
            name: "CArchive", pkgConfig: "libarchive",
            providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
        stage("Archive", ["Values", "BundleFormat", "HostSystem", "CArchive", crypto, systemPackage]),
        stage("Sealing", ["Values", "HostSystem", crypto, cryptoExtras, systemPackage]),
        stage("Unbundling", ["Values", "BundleFormat", "HostSystem", "Archive", "Sealing", systemPackage]),
        .target(
            name: "Bundling",
            dependencies: [
                "Values", "Diagnostics", "TopologySpec", "ClusterModel", "BuildPlan", "PKI", "Artefacts",
                "BundleFormat", "HostSystem",
                "Archive", "Unbundling", systemPackage,
            ],
            swiftSettings: settings, plugins: ["EmbedTemplates"]),
        stage("Signing", ["Values", "HostSystem", crypto, systemPackage]),
        stage("Transfer", ["HostSystem"]),
        stage("Registry", ["Values", "BundleFormat", "HostSystem", "Archive", "Transfer"]),
        stage(
            "Publishing",
            ["Values", "BundleFormat", "HostSystem", "Archive", "Unbundling", "Registry", systemPackage]),
        stage("DebianPackages", ["Values", "HostSystem", "Archive", "Transfer", systemPackage]),
        stage(
            "Payloads",
            [
                "Values", "BuildPlan", "BundleFormat", "HostSystem", "Archive", "Transfer", "Registry",
                "DebianPackages",
                systemPackage,
            ]),
        stage("Launching", ["Values", "BundleFormat", "HostSystem", "Archive", "Unbundling", systemPackage]),
        stage(
            "Supplying",
            ["Values", "BundleFormat", "HostSystem", "Archive", "Unbundling", "Payloads", "Launching", systemPackage]),
        stage(
            "Carrying",
            [
                "Values", "BundleFormat", "HostSystem", "Archive", "Unbundling", "Signing", "Payloads", systemPackage,
            ]),
        stage(
            "Comparing",
            ["Values", "Diagnostics", "BundleFormat", "HostSystem", "Archive", "Unbundling", "Launching", "PKI"]),
        stage("Nspawn", ["Values", "BundleFormat", "HostSystem", "Launching"]),
        stage("Qemu", ["Values", "BundleFormat", "HostSystem", "Launching"]),
        stage("UTM", ["Values", "BundleFormat", "HostSystem", "Archive", "Launching", systemPackage]),
        .target(
            name: "Drills",
            dependencies: [
                "Values", "Diagnostics", "BundleFormat", "HostSystem", "Archive", "TopologySpec", "Launching",
                systemPackage,
            ],
            swiftSettings: settings, plugins: ["EmbedTemplates"]),
        // Instructions that Swift has no names for.
        .target(name: "CSHA256"),
        stage("Applying", ["Values", "BundleFormat", "CSHA256"]),
        .executableTarget(name: "slipway-apply", dependencies: ["Applying"], swiftSettings: settings),
        .executableTarget(
            name: "slipway",
            dependencies: [
                "Values", "Diagnostics", "TopologySpec", "ClusterModel", "BuildPlan", "PKI", "Artefacts",
                "BundleFormat",
                "HostSystem", "Archive", "Sealing", "Bundling", "Unbundling", "Signing", "Registry", "Publishing",
                "DebianPackages", "Payloads", "Launching", "Supplying", "Carrying", "Comparing",
                "Nspawn",
                "Qemu",
                "UTM",
                "Drills",
                argumentParser,
                systemPackage,
            ],
            swiftSettings: settings),

        .target(
            name: "TestSupport", dependencies: [systemPackage], path: "Tests/TestSupport", swiftSettings: settings),
        // Reads inputs made at random: a program, since what one does may end it.
        .executableTarget(
            name: "slipway-fuzz",
            dependencies: [
                "TestSupport", "Values", "Diagnostics", "TopologySpec", "ClusterModel", "BuildPlan", "BundleFormat",
                "Archive", "Sealing", "Unbundling", "DebianPackages", "Payloads", "Carrying", "Launching",
                argumentParser, systemPackage,
            ], path: "Tests/Fuzz", swiftSettings: settings),
        tests("FuzzTests", ["TestSupport", "slipway-fuzz"]),
        tests("ValuesTests", ["Values", "BundleFormat"]),
        tests("DiagnosticsTests", ["Values", "Diagnostics"]),
        tests("TopologySpecTests", ["TestSupport", "Values", "Diagnostics", "BundleFormat", "TopologySpec"]),
        tests("ClusterModelTests", ["TestSupport", "Values", "Diagnostics", "TopologySpec", "ClusterModel"]),
        tests(
            "BuildPlanTests", ["Values", "Diagnostics", "BundleFormat", "TopologySpec", "ClusterModel", "BuildPlan"]),
        tests("PKITests", ["TestSupport", "Values", "ClusterModel", "PKI", crypto]),
        tests(
            "ArtefactsTests",
            [
                "TestSupport", "Values", "Diagnostics", "TopologySpec", "ClusterModel", "BuildPlan", "PKI", "Artefacts",
                "BundleFormat", yams, crypto,
            ],
            exclude: ["Fixtures", "Golden"]),
        tests("BundleFormatTests", ["TestSupport", "Values", "BundleFormat"]),
        tests("ArchiveTests", ["TestSupport", "Values", "BundleFormat", "HostSystem", "Archive", systemPackage]),
        tests("BundlingTests", ["TestSupport", "Values", "Diagnostics", "BundleFormat", "PKI", "Bundling"]),
        tests(
            "UnbundlingTests",
            [
                "Values", "Diagnostics", "TopologySpec", "ClusterModel", "BuildPlan", "PKI", "Artefacts",
                "BundleFormat",
                "Archive", "Bundling", "Unbundling", systemPackage,
            ]),
        tests(
            "CarryingTests",
            [
                "TestSupport", "Values", "BundleFormat", "HostSystem", "Archive", "Unbundling", "Carrying", "slipway",
                systemPackage,
            ]),
        tests("SigningTests", ["TestSupport", "HostSystem", "Signing", "slipway", systemPackage]),
        tests("SealingTests", ["TestSupport", "HostSystem", "Sealing", "slipway", systemPackage]),
        tests(
            "DebianPackagesTests",
            ["TestSupport", "Values", "HostSystem", "Transfer", "DebianPackages", "slipway", systemPackage]),
        tests(
            "PayloadsTests",
            [
                "TestSupport", "Values", "BuildPlan", "BundleFormat", "HostSystem", "Archive", "Transfer", "Payloads",
                "slipway", systemPackage,
            ]),
        tests(
            "RegistryTests",
            ["TestSupport", "Values", "BundleFormat", "HostSystem", "Archive", "Transfer", "Registry", "slipway"]),
        tests(
            "LaunchingTests",
            [
                "TestSupport", "LaunchingSupport", "Values", "BundleFormat", "HostSystem", "Archive", "Launching",
                "Nspawn", "Qemu", "slipway",
            ],
            exclude: ["Golden"]),
        tests(
            "UTMTests",
            [
                "TestSupport", "LaunchingSupport", "Values", "BundleFormat", "HostSystem", "Archive", "Launching",
                "UTM", "slipway",
            ],
            exclude: ["StandIn", "Golden"]),
        tests(
            "DrillsTests",
            ["TestSupport", "Values", "Diagnostics", "BundleFormat", "TopologySpec", "Launching", "Drills", "slipway"]),
        .target(
            name: "LaunchingSupport", dependencies: ["Values", "BundleFormat", "Launching"],
            path: "Tests/LaunchingSupport", swiftSettings: settings),
        .target(
            name: "LabSupport", dependencies: ["TestSupport", "Values", "HostSystem", "Launching", systemPackage],
            path: "Tests/LabSupport",
            exclude: ["Scripts", "StandIns"],
            swiftSettings: settings),
        tests("LabTests", ["TestSupport", "Values", "HostSystem", "LabSupport", "Launching"]),
        tests("KubernetesTests", ["TestSupport", "HostSystem", "LabSupport"]),
        tests("VMTests", ["TestSupport", "Values", "HostSystem", "LabSupport", "Launching"]),
        tests("PackageTests", ["TestSupport"]),
        tests("ApplyingTests", ["TestSupport", "Values", "BundleFormat", "Applying", "slipway-apply"]),
        tests(
            "MistakesTests",
            ["TestSupport", "Values", "Diagnostics", "BundleFormat", "TopologySpec", "Bundling", "slipway"],
            exclude: ["Corpus"]),
        tests(
            "InteropTests", ["TestSupport", "Values", "HostSystem", "slipway", argumentParser],
            exclude: ["Fixtures", "Scripts"]),
    ] + embedTemplates
)
