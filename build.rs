//! Links the distribution's PROJ and makes sure the page's folder exists, so that `cargo build` alone works.
fn main() {
    pkg_config::Config::new()
        .atleast_version("9.1")
        .probe("proj")
        .expect("PROJ 9.1 or later is needed: install libproj-dev (see `make help`)");
    std::fs::create_dir_all("web/dist").expect("web/dist can be created");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=migrations");
    // The page is built into the binary; its files change their names with their content.
    println!("cargo:rerun-if-changed=web/dist");
}
