//! Which cells one job builds. Cells that share more than a third of their nodes are built together: a compiler and its needs
//! are about so many, and the libraries for its target are the others. The nodes that several jobs need are built once, by a
//! job that comes before these.

use std::collections::BTreeSet;

use super::Job;
use crate::plan::SystemPlan;

/// The most cells that one job builds: services stop a job after some hours.
const MOST: usize = 8;

/// Cells of one build system that one job builds.
#[derive(Debug)]
pub struct Group<'a> {
    /// The name of its first cell, which no other group has.
    pub name: &'a str,
    pub jobs: Vec<Job<'a>>,
    nodes: BTreeSet<&'a str>,
}

impl Group<'_> {
    /// The names of everything that it builds: letters, digits, `-` and `_`, so a shell takes each for a word.
    pub fn words(&self) -> String {
        self.jobs.iter().map(Job::words).collect::<Vec<_>>().join(" ")
    }

    /// The seconds that it may take.
    pub fn timeout(&self) -> u32 {
        self.jobs.iter().map(|job| job.limits.timeout).sum()
    }
}

/// The groups of a build system.
#[derive(Debug)]
pub struct Groups<'a> {
    pub groups: Vec<Group<'a>>,
    /// Nodes that more than one group needs, without those that another one of them brings along.
    pub shared: Vec<&'a str>,
}

/// Groups the jobs of a build system, each kept in its order.
pub fn groups<'a>(system: &'a SystemPlan, jobs: Vec<Job<'a>>) -> Groups<'a> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for job in jobs {
        let nodes: BTreeSet<&str> =
            system.closure(job.nodes.iter().copied()).into_iter().map(|node| node.name.as_str()).collect();
        let fits = |group: &&mut Group<'_>| {
            group.jobs.len() < MOST && 3 * nodes.iter().filter(|node| group.nodes.contains(*node)).count() > nodes.len()
        };
        match groups.iter_mut().find(fits) {
            Some(group) => {
                group.nodes.extend(nodes);
                group.jobs.push(job);
            }
            None => groups.push(Group { name: job.name, jobs: vec![job], nodes }),
        }
    }
    let users = |name: &str| groups.iter().filter(|group| group.nodes.contains(name)).count();
    let shared: Vec<_> = system.nodes.iter().filter(|node| users(&node.name) > 1).collect();
    let brought: BTreeSet<&str> = shared.iter().flat_map(|node| node.needs()).map(String::as_str).collect();
    let shared = shared.into_iter().map(|node| node.name.as_str()).filter(|name| !brought.contains(name)).collect();
    Groups { groups, shared }
}
