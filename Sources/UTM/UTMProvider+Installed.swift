extension UTMProvider {
    /// Whether this is a Mac with UTM, or its program was named.
    public static var isInstalled: Bool { (try? UTMTool.find()) != nil }
}
